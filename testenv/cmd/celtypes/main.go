// Command celtypes checks the types of validating admission policies as kube-apiserver's status
// controller does: one spec a line in, one with its warnings out. What it answered to our policies is
// tests/golden/cel/typing.jsonl.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	k8sscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

func main() {
	checker := &validating.TypeChecker{
		SchemaResolver: resolver.NewDefinitionsSchemaResolver(openapi.GetOpenAPIDefinitions, k8sscheme.Scheme),
		RestMapper:     testrestmapper.TestOnlyStaticRESTMapper(k8sscheme.Scheme),
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var spec admissionregistrationv1.ValidatingAdmissionPolicySpec
		if err := json.Unmarshal(in.Bytes(), &spec); err != nil {
			panic(err)
		}
		warnings := checker.Check(&admissionregistrationv1.ValidatingAdmissionPolicy{Spec: spec})
		out.Encode(map[string]any{"spec": json.RawMessage(in.Bytes()), "warnings": warnings})
	}
}
