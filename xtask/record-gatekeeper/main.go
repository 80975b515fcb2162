// Records what Gatekeeper's mutation system answers to the cases of
// tests/golden/gatekeeper-mutation.jsonl: reads its lines, answers each anew, and prints them.
//
//	cd xtask/record-gatekeeper
//	go run . < ../../tests/golden/gatekeeper-mutation.jsonl > answered.jsonl
//
// A new case is a line without `want`. Versions of mutators are left out, and of a mutated object
// the top-level fields that changed are kept.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sort"

	"github.com/open-policy-agent/gatekeeper/v3/apis/mutations/unversioned"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/mutators"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/path/parser"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/schema"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation/types"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "k8s.io/apimachinery/pkg/util/json"
)

type object = map[string]interface{}

// Case is one line.
type Case struct {
	Name string `json:"name"`
	// a location, or
	Path *string `json:"path,omitempty"`
	// mutators and an object
	Mutators  []object `json:"mutators,omitempty"`
	Object    object   `json:"object,omitempty"`
	Namespace object   `json:"namespace,omitempty"`
	User      string   `json:"user,omitempty"`
	Source    string   `json:"source,omitempty"`
	// CREATE where it is absent, and nothing where it is `none`
	Operation string `json:"operation,omitempty"`
	// by name: the items that a provider answers, by key, each {"value": …} or {"error": …}; or
	// "error", "systemError", "notIdempotent"
	Providers object `json:"providers,omitempty"`
	Want      Want   `json:"want"`
}

// Want is the answer.
type Want struct {
	Changed   object            `json:"changed,omitempty"`
	Path      []object          `json:"path,omitempty"`
	Canonical string            `json:"canonical,omitempty"`
	Errors    map[string]string `json:"errors,omitempty"`
	Conflicts []string          `json:"conflicts,omitempty"`
	Error     string            `json:"error,omitempty"`
}

var (
	// what differs from run to run, or says what the case says
	uid     = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	address = regexp.MustCompile(`0x[0-9a-f]+`)
	prefix  = regexp.MustCompile(`^mutation UUID for mutator \S+ /\S+ failed for .*?: |^matching for mutator \S+ /\S+ failed for .*?: `)
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		c := read(in.Bytes())
		c.Want = answer(c)
		must(encoder.Encode(c))
	}
	must(in.Err())
	must(out.Flush())
}

// Integers are read as Kubernetes reads them.
func read(line []byte) *Case {
	c := &Case{}
	must(json.Unmarshal(line, c))
	raw := object{}
	must(kjson.Unmarshal(line, &raw))
	c.Mutators = nil
	list, _ := raw["mutators"].([]interface{})
	for _, one := range list {
		c.Mutators = append(c.Mutators, one.(object))
	}
	c.Object, _ = raw["object"].(object)
	c.Namespace, _ = raw["namespace"].(object)
	c.Providers, _ = raw["providers"].(object)
	return c
}

func answer(c *Case) (want Want) {
	defer func() {
		if r := recover(); r != nil {
			want.Error = fmt.Sprintf("panic: %v", r)
		}
	}()
	if c.Path != nil {
		return location(*c.Path)
	}
	system := mutation.NewSystem(opts(c))
	var ids []types.ID
	for _, document := range c.Mutators {
		document := runtime.DeepCopyJSON(document)
		name, _, _ := unstructured.NestedString(document, "metadata", "name")
		mutator, err := compile(document)
		if err == nil {
			err = system.Upsert(mutator)
			if errors.As(err, &schema.ErrConflictingSchema{}) {
				err = nil
			}
			ids = append(ids, mutator.ID())
		}
		if err != nil {
			if want.Errors == nil {
				want.Errors = map[string]string{}
			}
			want.Errors[fmt.Sprintf("%v/%s", document["kind"], name)] = err.Error()
		}
	}
	conflicts := map[string]bool{}
	for _, id := range ids {
		for other := range system.GetConflicts(id) {
			conflicts[other.Kind+"/"+other.Name] = true
		}
	}
	for id := range conflicts {
		want.Conflicts = append(want.Conflicts, id)
	}
	sort.Strings(want.Conflicts)
	if c.Object != nil {
		mutate(c, system, &want)
	}
	return want
}

func location(text string) Want {
	path, err := parser.Parse(text)
	if err != nil {
		return Want{Error: "no location"}
	}
	want := Want{Canonical: path.String()}
	for _, node := range path.Nodes {
		switch node := node.(type) {
		case *parser.Object:
			want.Path = append(want.Path, object{"field": node.Reference})
		case *parser.List:
			items := object{"key": node.KeyField}
			if node.Glob {
				items["glob"] = true
			} else {
				items["value"] = node.KeyValue
			}
			want.Path = append(want.Path, items)
		}
	}
	return want
}

func compile(document object) (mutator types.Mutator, err error) {
	defer func() {
		if r := recover(); r != nil {
			mutator, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	convert := func(into interface{}) {
		must(runtime.DefaultUnstructuredConverter.FromUnstructured(document, into))
	}
	switch document["kind"] {
	case "Assign":
		m := &unversioned.Assign{}
		convert(m)
		return mutators.MutatorForAssign(m)
	case "AssignMetadata":
		m := &unversioned.AssignMetadata{}
		convert(m)
		return mutators.MutatorForAssignMetadata(m)
	case "ModifySet":
		m := &unversioned.ModifySet{}
		convert(m)
		return mutators.MutatorForModifySet(m)
	case "AssignImage":
		m := &unversioned.AssignImage{}
		convert(m)
		return mutators.MutatorForAssignImage(m)
	}
	return nil, errors.New("unknown kind")
}

func mutate(c *Case, system *mutation.System, want *Want) {
	mutable := &types.Mutable{
		Object:    &unstructured.Unstructured{Object: runtime.DeepCopyJSON(c.Object)},
		Username:  c.User,
		Source:    types.SourceTypeOriginal,
		Operation: admissionv1.Create,
	}
	if c.Namespace != nil {
		mutable.Namespace = &corev1.Namespace{}
		must(runtime.DefaultUnstructuredConverter.FromUnstructured(c.Namespace, mutable.Namespace))
	}
	if c.Source != "" {
		mutable.Source = types.SourceType(c.Source)
	}
	switch c.Operation {
	case "":
	case "none":
		mutable.Operation = ""
	default:
		mutable.Operation = admissionv1.Operation(c.Operation)
	}
	if _, err := system.Mutate(context.Background(), mutable); err != nil {
		text := address.ReplaceAllString(uid.ReplaceAllString(err.Error(), "UUID"), "0x")
		want.Error = prefix.ReplaceAllString(text, "")
		return
	}
	for key, value := range mutable.Object.Object {
		before, found := c.Object[key]
		if !found || !bytes.Equal(written(before), written(value)) {
			if want.Changed == nil {
				want.Changed = object{}
			}
			want.Changed[key] = value
		}
	}
}

func written(value interface{}) []byte {
	text, err := json.Marshal(value)
	must(err)
	return text
}
