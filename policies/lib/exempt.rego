# Containers whose image the constraint exempts.
package lib.exempt

import data.lib.image
import data.lib.workload

# The containers that remain to be judged.
containers contains found if {
	some found in workload.containers
	not is_exempt(found.container)
}

is_exempt(container) if {
	reference := image.parse(container.image)
	some pattern in patterns
	image.admits(pattern, reference)
}

patterns contains image.read_pattern(text) if some text in input.parameters.exemptImages
