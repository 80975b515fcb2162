// Command cel answers CEL expressions as kube-apiserver does: one JSON object a line in, one out.
// What it answered to our expressions is tests/golden/cel/expressions.jsonl; that file is its input,
// too.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"google.golang.org/protobuf/types/known/structpb"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	apicel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
	"k8s.io/apiserver/pkg/cel/mutation/dynamic"
	"reflect"
)

type question struct {
	Expression string          `json:"expression"`
	Version    string          `json:"version,omitempty"` // new expressions of this version; none: stored
	Object     json.RawMessage `json:"object,omitempty"`
}

type answer struct {
	Expression string          `json:"expression"`
	Version    string          `json:"version,omitempty"`
	Object     json.RawMessage `json:"object,omitempty"`
	Type       string          `json:"type,omitempty"`
	Refused    string          `json:"refused,omitempty"`
	Value      *any            `json:"value,omitempty"`
	Error      string          `json:"error,omitempty"`
	Cost       *uint64         `json:"cost,omitempty"`
	Estimate   []uint64        `json:"estimate,omitempty"`
}

type authz struct{}

func (authz) Authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	fs, ferr := a.GetFieldSelector()
	ls, lerr := a.GetLabelSelector()
	text := fmt.Sprintf("%s|%s|%v|%s|%s|%s|%s|%s|%s|%v|%v|%v|%v", a.GetUser().GetName(), strings.Join(a.GetUser().GetGroups(), ","), a.IsResourceRequest(), a.GetVerb(), a.GetAPIGroup(), a.GetResource(), a.GetSubresource(), a.GetNamespace(), a.GetName()+a.GetPath(), fs, ferr, ls, lerr)
	switch a.GetVerb() {
	case "fail":
		return authorizer.DecisionNoOpinion, "", fmt.Errorf("cannot say")
	case "deny":
		return authorizer.DecisionDeny, text, nil
	case "none":
		return authorizer.DecisionNoOpinion, text, nil
	}
	return authorizer.DecisionAllow, text, nil
}

type sizes struct{}

func (sizes) EstimateSize(checker.AstNode) *checker.SizeEstimate { return nil }
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

func env(v string) *cel.Env {
	set := environment.MustBaseEnvSet(version.MustParse(map[bool]string{true: "1.36", false: v}[v == ""]))
	request := plugincel.BuildRequestType()
	namespace := plugincel.BuildNamespaceType()
	set, err := set.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType),
			cel.Variable("oldObject", cel.DynType),
			cel.Variable("params", cel.DynType),
			cel.Variable("words", cel.ListType(cel.StringType)),
			cel.Variable("text", cel.StringType),
			cel.Variable("number", cel.IntType),
			cel.Variable("request", request.CelType()),
			cel.Variable("namespaceObject", namespace.CelType()),
			cel.Variable("authorizer", library.AuthorizerType),
			cel.Variable("authorizer.requestResource", library.ResourceCheckType),
		},
		DeclTypes: []*apicel.DeclType{request, namespace},
	}, environment.StrictCostOpt)
	if err != nil {
		panic(err)
	}
	set, err = set.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			common.ResolverEnvOption(&mutation.DynamicTypeResolver{}),
			environment.UnversionedLib(library.JSONPatch),
		},
	})
	if err != nil {
		panic(err)
	}
	if v == "" {
		return set.StoredExpressionsEnv()
	}
	return set.NewExpressionsEnv()
}

func show(v ref.Val) any {
	switch t := v.(type) {
	case *types.Optional:
		if !t.HasValue() {
			return map[string]any{"optional": nil}
		}
		return map[string]any{"optional": show(t.GetValue())}
	}
	switch v.(type) {
	case types.Int, types.Uint, types.Double, types.String, types.Bool, types.Null, types.Bytes, types.Timestamp, types.Duration, traits.Lister, traits.Mapper:
	default:
		if ov, ok := v.(*dynamic.ObjectVal); ok {
			return map[string]any{"type": v.Type().TypeName(), "value": ov.Value()}
		}
		if p, ok := v.(*mutation.JSONPatchVal); ok {
			o := map[string]any{"type": "JSONPatch", "op": p.Op, "path": p.Path, "from": p.From}
			if p.Val != nil {
				o["value"] = show(p.Val)
			}
			return o
		}
		return map[string]any{"type": v.Type().TypeName()}
	}
	if l, ok := v.(traits.Lister); ok {
		all := []any{}
		for it := l.Iterator(); it.HasNext() == types.True; {
			all = append(all, show(it.Next()))
		}
		return all
	}
	out, err := v.ConvertToNative(reflect.TypeOf(&structpb.Value{}))
	if err != nil {
		return map[string]any{"type": v.Type().TypeName()}
	}
	if pv, ok := out.(*structpb.Value); ok {
		b, _ := pv.MarshalJSON()
		var r any
		json.Unmarshal(b, &r)
		return r
	}
	return map[string]any{"type": v.Type().TypeName()}
}

func main() {
	envs := map[string]*cel.Env{}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var q question
		var object any
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		// Integers as the API server reads them.
		if len(q.Object) > 0 {
			if err := utiljson.Unmarshal(q.Object, &object); err != nil {
				panic(err)
			}
		}
		if envs[q.Version] == nil {
			envs[q.Version] = env(q.Version)
		}
		e := envs[q.Version]
		a := answer{Expression: q.Expression, Version: q.Version, Object: q.Object}
		checked, issues := e.Compile(q.Expression)
		if issues != nil && issues.Err() != nil {
			var all []string
			for _, issue := range issues.Errors() {
				all = append(all, fmt.Sprintf("%d:%d: %s", issue.Location.Line(), issue.Location.Column()+1, issue.Message))
			}
			a.Refused = strings.Join(all, "\n")
			out.Encode(a)
			continue
		}
		a.Type = checked.OutputType().String()
		if est, err := e.EstimateCost(checked, &library.CostEstimator{SizeEstimator: sizes{}}); err == nil {
			a.Estimate = []uint64{est.Min, est.Max}
		} else {
			a.Refused = "estimate: " + err.Error()
		}
		prog, err := e.Program(checked, cel.InterruptCheckFrequency(100))
		if err != nil {
			a.Refused = err.Error()
			out.Encode(a)
			continue
		}
		u := &user.DefaultInfo{Name: "alice", Groups: []string{"dev"}}
		val, details, err := prog.ContextEval(context.Background(), map[string]any{
			"object": object, "oldObject": nil, "params": nil,
			"words": []string{"one", "two", "three"}, "text": strings.Repeat("a", 500), "number": int64(3),
			"request":         map[string]any{"name": "x", "operation": "CREATE", "userInfo": map[string]any{"groups": []any{"a"}}},
			"namespaceObject": map[string]any{"metadata": map[string]any{"name": "ns"}},
			"authorizer":      library.NewAuthorizerVal(u, authz{}),
		})
		if details != nil {
			a.Cost = details.ActualCost()
		}
		if err != nil {
			a.Error = err.Error()
		} else {
			shown := show(val)
			a.Value = &shown
		}
		out.Encode(a)
	}
}
