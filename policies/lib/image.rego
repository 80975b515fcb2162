# References of images, read as container runtimes read them, and patterns of images.
package lib.image

# The grammar: https://pkg.go.dev/github.com/distribution/reference
component := `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`

label := `[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?`

host := sprintf(`(?:%s(?:\.%s)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?`, [label, label])

tag := `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`

digest := `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[A-Fa-f0-9]{32,}`

grammar := sprintf("^((?:%s/)?%s(?:/%s)*)(?::(%s))?(?:@(%s))?$", [host, component, component, tag, digest])

# Registry, path in parts, tag and digest. Undefined where the text is no reference.
parse(text) := {"registry": registry, "path": path, "tag": tag, "digest": digest} if {
	regex.match(grammar, text)
	[named, digest] := halves(text, "@")
	parts := split(named, "/")
	last := count(parts) - 1
	[name, tag] := halves(parts[last], ":")
	[registry, path] := split_name(array.concat(array.slice(parts, 0, last), [name]))
}

# What stands before a mark that is there at most once, and behind it.
halves(text, mark) := [parts[0], concat("", array.slice(parts, 1, 2))] if parts := split(text, mark)

# The tag that is pulled, where there is no digest.
effective_tag(reference) := "latest" if {
	reference.tag == ""
} else := reference.tag

split_name(parts) := [registry, path] if {
	count(parts) > 1
	is_host(parts[0])
	registry := canonical(parts[0])
	path := official(registry, array.slice(parts, 1, count(parts)))
} else := ["docker.io", official("docker.io", parts)]

# The first part names a host if it could be no folder of Docker Hub.
is_host(part) if regex.match(`[.:A-Z]`, part)

is_host("localhost")

canonical(registry) := "docker.io" if {
	lower(registry) == "index.docker.io"
} else := lower(registry)

official("docker.io", path) := array.concat(["library"], path) if {
	count(path) == 1
} else := path

official(registry, path) := path if registry != "docker.io"

# Patterns:
#   registry.example.com           everything of a registry; so with a port
#   registry.example.com/team      a repository and what is below it
#   team/                          what is below `docker.io/team`, and nothing else
#   ubuntu                         `docker.io/library/ubuntu`
#   registry.example.com/web:1.2   one tag, where no digest overrides it
#   registry.example.com/web@sha…  one digest
admits(allowed, reference) if {
	allowed.registry == reference.registry
	allowed.path == array.slice(reference.path, 0, count(allowed.path))
	count(reference.path) - count(allowed.path) >= allowed.below
	is_version(allowed, reference)
}

is_version(allowed, _) if {
	allowed.tag == ""
	allowed.digest == ""
}

is_version(allowed, reference) if {
	allowed.digest != ""
	allowed.digest == reference.digest
	allowed.path == reference.path
}

# The runtime pulls by the digest and never looks at the tag beside it.
is_version(allowed, reference) if {
	allowed.digest == ""
	allowed.path == reference.path
	reference.digest == ""
	allowed.tag == effective_tag(reference)
}

read_pattern(pattern) := {"registry": registry, "path": path, "tag": "", "digest": "", "below": 1} if {
	endswith(pattern, "/")
	name := trim_suffix(pattern, "/")
	[registry, path] := split_folder(name)
} else := {"registry": canonical(pattern), "path": [], "tag": "", "digest": "", "below": 1} if {
	is_registry(pattern)
} else := object.union(parse(pattern), {"below": 0})

# A folder of a registry: Docker Hub's official images are no folder's.
split_folder(name) := [canonical(parts[0]), array.slice(parts, 1, count(parts))] if {
	parts := split(name, "/")
	is_host(parts[0])
} else := ["docker.io", split(name, "/")]

# A host alone. `name:tag` is an image, unless the name is a host's without doubt.
is_registry(pattern) if regex.match(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?$`, pattern)

is_registry(pattern) if regex.match(`^(localhost|\[[A-Fa-f0-9:]+\])(:[0-9]+)?$`, pattern)
