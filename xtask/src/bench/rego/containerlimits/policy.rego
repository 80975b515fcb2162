# Every container needs limits of CPU and memory, and none above those of the parameters. Quantities
# are made comparable by functions, as policies of this kind do.
package bench.containerlimits

import future.keywords.contains
import future.keywords.if
import future.keywords.in

violation contains {"msg": msg} if {
	some container in containers
	not exempt(container)
	some resource in ["cpu", "memory"]
	not container.resources.limits[resource]
	msg := sprintf("container <%v> has no %v limit", [container.name, resource])
}

violation contains {"msg": msg} if {
	some container in containers
	not exempt(container)
	given := container.resources.limits.cpu
	not millicores(given)
	msg := sprintf("container <%v>: cpu limit <%v> cannot be read", [container.name, given])
}

violation contains {"msg": msg} if {
	some container in containers
	not exempt(container)
	given := container.resources.limits.memory
	not millibytes(given)
	msg := sprintf("container <%v>: memory limit <%v> cannot be read", [container.name, given])
}

violation contains {"msg": msg} if {
	some container in containers
	not exempt(container)
	given := container.resources.limits.cpu
	highest := input.parameters.cpu
	millicores(given) > millicores(highest)
	msg := sprintf("container <%v>: cpu limit <%v> is above <%v>", [container.name, given, highest])
}

violation contains {"msg": msg} if {
	some container in containers
	not exempt(container)
	given := container.resources.limits.memory
	highest := input.parameters.memory
	millibytes(given) > millibytes(highest)
	msg := sprintf("container <%v>: memory limit <%v> is above <%v>", [container.name, given, highest])
}

containers contains container if some container in input.review.object.spec.containers

containers contains container if some container in input.review.object.spec.initContainers

exempt(container) if {
	some pattern in object.get(object.get(input, "parameters", {}), "exemptImages", [])
	covers(pattern, container.image)
}

covers(pattern, image) if {
	not endswith(pattern, "*")
	pattern == image
}

covers(pattern, image) if {
	endswith(pattern, "*")
	startswith(image, trim_suffix(pattern, "*"))
}

millicores(given) := given * 1000 if is_number(given)

millicores(given) := to_number(digits) if {
	is_string(given)
	endswith(given, "m")
	digits := trim_suffix(given, "m")
	regex.match(`^[0-9]+$`, digits)
}

millicores(given) := to_number(given) * 1000 if {
	is_string(given)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, given)
}

millibytes(given) := given * 1000 if is_number(given)

millibytes(given) := to_number(digits) * scale(unit) if {
	is_string(given)
	unit := unit_of(given)
	digits := trim_suffix(given, unit)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, digits)
}

unit_of(given) := unit if {
	unit := substring(given, count(given) - 2, -1)
	scale(unit)
}

unit_of(given) := unit if {
	not scale(substring(given, count(given) - 2, -1))
	unit := substring(given, count(given) - 1, -1)
	scale(unit)
}

unit_of(given) := "" if {
	not scale(substring(given, count(given) - 2, -1))
	not scale(substring(given, count(given) - 1, -1))
}

scale("") := 1000

scale("m") := 1

scale("k") := 1000000

scale("M") := 1000000000

scale("G") := 1000000000000

scale("T") := 1000000000000000

scale("Ki") := 1024000

scale("Mi") := 1048576000

scale("Gi") := 1073741824000

scale("Ti") := 1099511627776000
