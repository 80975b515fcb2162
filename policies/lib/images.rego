# The images that a pod pulls: those of its containers and those it mounts as volumes.
package lib.images

import data.lib.image
import data.lib.workload

used contains {"name": found.name, "image": reference, "path": path} if {
	some found in workload.containers
	reference := object.get(found.container, "image", "")
	path := array.concat(found.path, ["image"])
}

used contains {"name": name, "image": reference, "path": path} if {
	some index, volume in workload.spec.volumes
	reference := object.get(volume.image, "reference", "")
	name := sprintf("volume `%s`", [volume.name])
	path := array.concat(workload.spec_path, ["volumes", index, "image", "reference"])
}

# Those that the constraint does not exempt.
judged contains image_used if {
	some image_used in used
	not is_exempt(image_used.image)
}

# Most constraints exempt nothing: for them no reference is read.
is_exempt(text) if {
	count(patterns) > 0
	reference := image.parse(text)
	some pattern in patterns
	image.admits(pattern, reference)
}

patterns contains image.read_pattern(text) if some text in input.parameters.exemptImages
