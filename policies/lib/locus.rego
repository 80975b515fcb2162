# How a violation tells its place: a JSON pointer within the object.
package lib.locus

at(path, message) := {"msg": message, "details": {"pointer": pointer(path)}}

pointer(path) := concat("/", array.concat([""], [escaped(part) | some part in path]))

escaped(part) := format_int(part, 10) if is_number(part)

escaped(part) := replace(replace(part, "~", "~0"), "/", "~1") if is_string(part)

# A list as messages say it.
listed(names) := concat(", ", [sprintf("`%v`", [name]) | some name in names])
