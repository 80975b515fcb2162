# The pod that an object is or asks for, and where it stands in the object.
package lib.workload

# Where the pod template stands, by kind: a Pod is its own. Any other kind is read as Deployment,
# Job and most custom workloads are.
default template_path := ["spec", "template"]

template_path := [] if input.review.kind.kind == "Pod"

template_path := ["template"] if input.review.kind.kind == "PodTemplate"

template_path := ["spec", "jobTemplate", "spec", "template"] if input.review.kind.kind == "CronJob"

metadata_path := array.concat(template_path, ["metadata"])

spec_path := array.concat(template_path, ["spec"])

# Nothing is asked of what goes away, nor of a pod whose spec stays as it is: it runs already, and
# its labels, finalizers and status must stay changeable.
settled if input.review.operation == "DELETE"

settled if {
	input.review.operation == "UPDATE"
	input.review.kind.kind == "Pod"
	input.review.object.spec == input.review.oldObject.spec
}

spec := value if {
	not settled
	value := object.get(input.review.object, spec_path, null)
	is_object(value)
}

metadata := value if {
	value := object.get(input.review.object, metadata_path, {})
	is_object(value)
}

kinds_of_container := {
	"containers": "container",
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
}

# Every container with its name as messages say it, and its place.
containers contains {"name": name, "field": field, "path": path, "container": container} if {
	some field, noun in kinds_of_container
	some index, container in spec[field]
	name := sprintf("%s `%s`", [noun, object.get(container, "name", "")])
	path := array.concat(spec_path, [field, index])
}

# What a container says of a field of its security context, else what the pod says. A null is as
# good as nothing said.
security(container, field) := value if {
	value := container.securityContext[field]
	value != null
} else := value if {
	value := spec.securityContext[field]
	value != null
}

# Linux alone has what most of these fields set.
windows if spec.os.name == "windows"
