// Command schemas prints, as JSON, how Go's encoder treats every field of the built-in
// Kubernetes types: what OpenAPI does not tell. `cargo xtask schemas` joins it with OpenAPI.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsbeta "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	apiregistrationbeta "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1beta1"
)

// shape is the type of a field or an item.
type shape struct {
	// one of: bool, string, int32, int64, float64, bytes, any, struct, special, list, map
	Kind string `json:"kind"`
	// whether a pointer stands before it
	Pointer bool `json:"pointer,omitempty"`
	// of a struct or a type with its own decoder: "package path.Name"
	Name string `json:"name,omitempty"`
	// of a list or a map
	Item *shape `json:"item,omitempty"`
}

type field struct {
	Name      string `json:"name"`
	OmitEmpty bool   `json:"omitempty,omitempty"`
	OmitZero  bool   `json:"omitzero,omitempty"`
	MergeKey  string `json:"mergeKey,omitempty"`
	Shape     shape  `json:"shape"`
}

type kind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Type    string `json:"type"`
	// the minor version of Kubernetes 1 that no longer serves it; 0 where none is known
	Removed     int                      `json:"removed,omitempty"`
	Replacement *schema.GroupVersionKind `json:"replacement,omitempty"`
}

// removed and replaced are generated upstream for kinds with a planned end.
type removed interface {
	APILifecycleRemoved() (major, minor int)
}

type replaced interface {
	APILifecycleReplacement() schema.GroupVersionKind
}

type output struct {
	Kinds []kind             `json:"kinds"`
	Types map[string][]field `json:"types"`
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func main() {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme,
		apiextensions.AddToScheme, apiextensionsbeta.AddToScheme,
		apiregistration.AddToScheme, apiregistrationbeta.AddToScheme,
	} {
		if err := add(known); err != nil {
			fail("%v", err)
		}
	}
	out := output{Types: map[string][]field{}}
	for gvk, of := range known.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		out.Kinds = append(out.Kinds, lifecycle(kind{
			Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind, Type: nameOf(of),
		}, of))
		out.visit(of)
	}
	sort.Slice(out.Kinds, func(i, j int) bool {
		a, b := out.Kinds[i], out.Kinds[j]
		return a.Group+"/"+a.Version+"/"+a.Kind < b.Group+"/"+b.Version+"/"+b.Kind
	})
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		fail("%v", err)
	}
}

func nameOf(of reflect.Type) string { return of.PkgPath() + "." + of.Name() }

func lifecycle(of kind, goType reflect.Type) kind {
	object := reflect.New(goType).Interface()
	if object, ok := object.(removed); ok {
		if major, minor := object.APILifecycleRemoved(); major == 1 {
			of.Removed = minor
		}
	}
	if object, ok := object.(replaced); ok {
		replacement := object.APILifecycleReplacement()
		of.Replacement = &replacement
	}
	return of
}

// visit adds a struct and all that it holds.
func (out *output) visit(of reflect.Type) {
	name := nameOf(of)
	if _, seen := out.Types[name]; seen {
		return
	}
	out.Types[name] = nil // so that a type that holds itself ends
	out.Types[name] = out.fields(of)
}

func (out *output) fields(of reflect.Type) []field {
	fields := []field{}
	for i := range of.NumField() {
		goField := of.Field(i)
		tag, options, _ := strings.Cut(goField.Tag.Get("json"), ",")
		if tag == "-" || !goField.IsExported() {
			continue
		}
		if tag == "" {
			if !goField.Anonymous {
				fail("%s.%s has no JSON name", nameOf(of), goField.Name)
			}
			fields = append(fields, out.fields(goField.Type)...)
			continue
		}
		added := field{Name: tag, Shape: out.shape(goField.Type), MergeKey: goField.Tag.Get("patchMergeKey")}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				added.OmitEmpty = true
			case "omitzero":
				added.OmitZero = true
			case "":
			default:
				fail("%s.%s has the JSON option %s", nameOf(of), goField.Name, option)
			}
		}
		fields = append(fields, added)
	}
	return fields
}

func (out *output) shape(of reflect.Type) shape {
	if of.Kind() == reflect.Pointer {
		item := out.shape(of.Elem())
		if item.Pointer {
			fail("%s is a pointer to a pointer", of)
		}
		item.Pointer = true
		return item
	}
	if reflect.PointerTo(of).Implements(unmarshaler) {
		// What such a type may hold (a JSON schema within its variants) is visited as well.
		if strings.HasPrefix(of.Name(), "JSONSchemaPropsOr") {
			for i := range of.NumField() {
				held := of.Field(i).Type
				for held.Kind() == reflect.Pointer || held.Kind() == reflect.Slice {
					held = held.Elem()
				}
				if held.Kind() == reflect.Struct {
					out.visit(held)
				}
			}
		}
		return shape{Kind: "special", Name: nameOf(of)}
	}
	switch of.Kind() {
	case reflect.Bool, reflect.String, reflect.Int32, reflect.Int64, reflect.Float64:
		return shape{Kind: of.Kind().String()}
	case reflect.Interface:
		return shape{Kind: "any"}
	case reflect.Struct:
		out.visit(of)
		return shape{Kind: "struct", Name: nameOf(of)}
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return shape{Kind: "bytes"}
		}
		item := out.shape(of.Elem())
		return shape{Kind: "list", Item: &item}
	case reflect.Map:
		if of.Key().Kind() != reflect.String {
			fail("%s is keyed by %s", of, of.Key())
		}
		item := out.shape(of.Elem())
		return shape{Kind: "map", Item: &item}
	default:
		fail("%s is a %s, which has no shape here", of, of.Kind())
		return shape{}
	}
}

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "schemas: "+format+"\n", arguments...)
	os.Exit(1)
}
