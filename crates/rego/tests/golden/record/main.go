// Records what OPA's built-in functions give for the calls of golden files.
//
//	go run . ../functions/*.jsonl
//
// Each line of a file is one call; its answer is filled in, or replaced.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// call is one line. A set is written {"$set": [...]}, an object with keys of any type
// {"$object": [[key, value], ...]}.
type call struct {
	Call      string            `json:"call"`
	Args      []json.RawMessage `json:"args"`
	Gives     *string           `json:"gives,omitempty"`
	Code      string            `json:"code,omitempty"`
	Message   string            `json:"message,omitempty"`
	Undefined bool              `json:"undefined,omitempty"`
}

func main() {
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		check(err)
		var out bytes.Buffer
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			if len(lines.Bytes()) == 0 {
				continue
			}
			var c call
			check(json.Unmarshal(lines.Bytes(), &c))
			answer(&c)
			encoder := json.NewEncoder(&out)
			encoder.SetEscapeHTML(false)
			check(encoder.Encode(c))
		}
		check(os.WriteFile(path, out.Bytes(), 0o644))
	}
}

func answer(c *call) {
	c.Gives, c.Code, c.Message, c.Undefined = nil, "", "", false
	operands := make([]*ast.Term, len(c.Args))
	for i, arg := range c.Args {
		decoder := json.NewDecoder(bytes.NewReader(arg))
		decoder.UseNumber()
		var plain any
		check(decoder.Decode(&plain))
		operands[i] = value(plain)
	}
	context := topdown.BuiltinContext{
		Metrics: metrics.New(),
		Cache:   builtins.Cache{},
		Time:    ast.NumberTerm(json.Number(fmt.Sprint(time.Unix(1700000000, 0).UnixNano()))),
	}
	var given []*ast.Term
	err := topdown.GetBuiltin(c.Call)(context, operands, func(t *ast.Term) error {
		given = append(given, t)
		return nil
	})
	var failure *topdown.Error
	switch {
	case errors.As(err, &failure):
		c.Code, c.Message = failure.Code, failure.Message
	case err != nil:
		c.Code, c.Message = "other", err.Error()
	case c.Call == "walk":
		text := ast.ArrayTerm(given...).String()
		c.Gives = &text
	case len(given) == 0:
		c.Undefined = true
	default:
		text := given[0].String()
		c.Gives = &text
	}
}

func value(plain any) *ast.Term {
	switch plain := plain.(type) {
	case []any:
		return ast.ArrayTerm(values(plain)...)
	case map[string]any:
		if members, ok := plain["$set"]; ok {
			return ast.SetTerm(values(members.([]any))...)
		}
		if entries, ok := plain["$object"]; ok {
			object := ast.NewObject()
			for _, entry := range entries.([]any) {
				pair := values(entry.([]any))
				object.Insert(pair[0], pair[1])
			}
			return ast.NewTerm(object)
		}
		object := ast.NewObject()
		for key, each := range plain {
			object.Insert(ast.StringTerm(key), value(each))
		}
		return ast.NewTerm(object)
	}
	return ast.NewTerm(ast.MustInterfaceToValue(plain))
}

func values(plain []any) []*ast.Term {
	terms := make([]*ast.Term, len(plain))
	for i := range plain {
		terms[i] = value(plain[i])
	}
	return terms
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
