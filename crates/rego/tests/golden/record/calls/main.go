// Command calls records what OPA gives for calls of built-ins: lines {"function", "args"} in,
// lines with its value or error out (golden/calls/*.jsonl). A set is {"$set": […]}.
//
//	go run ./calls < calls.jsonl
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

type kase struct {
	F    string            `json:"function"`
	Args []json.RawMessage `json:"args"`
}

// insides are words of libraries about their own insides, which are nobody's to repeat.
var insides = regexp.MustCompile(`asn1: |jwk\.|jwsbb\.Sign|not on curve|point encoding|cannot parse JSON|unexpected tail|parsing time`)

func lit(x any, b *strings.Builder) {
	switch x := x.(type) {
	case map[string]any:
		if s, ok := x["$set"]; ok && len(x) == 1 {
			items := s.([]any)
			if len(items) == 0 {
				b.WriteString("set()")
				return
			}
			b.WriteString("{")
			for i, v := range items {
				if i > 0 {
					b.WriteString(",")
				}
				lit(v, b)
			}
			b.WriteString("}")
			return
		}
		b.WriteString("{")
		first := true
		for k, v := range x {
			if !first {
				b.WriteString(",")
			}
			first = false
			kb, _ := json.Marshal(k)
			b.Write(kb)
			b.WriteString(":")
			lit(v, b)
		}
		b.WriteString("}")
	case []any:
		b.WriteString("[")
		for i, v := range x {
			if i > 0 {
				b.WriteString(",")
			}
			lit(v, b)
		}
		b.WriteString("]")
	default:
		var buf bytes.Buffer
		e := json.NewEncoder(&buf)
		e.SetEscapeHTML(false)
		_ = e.Encode(x)
		b.WriteString(strings.TrimSpace(buf.String()))
	}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) == "" {
			if err != nil {
				return
			}
			continue
		}
		var k kase
		d := json.NewDecoder(strings.NewReader(line))
		if err := d.Decode(&k); err != nil {
			panic(err)
		}
		var b strings.Builder
		b.WriteString("x := " + k.F + "(")
		for i := range k.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "input.a[%d]", i)
		}
		b.WriteString(") with input as {\"a\": [")
		for i, a := range k.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			ad := json.NewDecoder(bytes.NewReader(a))
			ad.UseNumber()
			var v any
			if err := ad.Decode(&v); err != nil {
				panic(err)
			}
			lit(v, &b)
		}
		b.WriteString("]}")
		res := map[string]any{"function": k.F, "args": k.Args}
		func() {
			defer func() {
				if r := recover(); r != nil {
					res["crash"] = true
				}
			}()
			rs, err := rego.New(rego.Query(b.String()), rego.StrictBuiltinErrors(true), rego.Time(time.Unix(0, 1700000000000000000).UTC())).Eval(context.Background())
			switch {
			case err != nil:
				if te, ok := err.(*topdown.Error); ok {
					res["error"] = strings.TrimPrefix(te.Message, k.F+": ")
					res["code"] = te.Code
				} else {
					res["error"] = err.Error()
					res["code"] = "other"
				}
				if insides.MatchString(err.Error()) {
					res["loose"] = true
				}
			case len(rs) == 0:
				res["undefined"] = true
			default:
				res["value"] = rs[0].Bindings["x"]
			}
		}()
		_ = out.Encode(res)
		if err != nil {
			return
		}
	}
}
