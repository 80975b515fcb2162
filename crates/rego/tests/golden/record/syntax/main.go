// Records what OPA's parser says of the texts of golden files.
//
//	go run ./syntax ../syntax/*.jsonl
//
// Each line of a file is one text; the tree or the errors are filled in, or replaced. `ours` is
// kept: where we report another error than OPA, on purpose.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"os"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type entry struct {
	Title  string          `json:"title"`
	Mode   string          `json:"mode"`
	Text   string          `json:"text"`
	Tree   json.RawMessage `json:"tree,omitempty"`
	Errors []problem       `json:"errors,omitempty"`
	Ours   *problem        `json:"ours,omitempty"`
}

type problem struct {
	Row     int    `json:"row"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func main() {
	for _, name := range os.Args[1:] {
		if err := record(name); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

func record(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	writer := json.NewEncoder(&out)
	writer.SetEscapeHTML(false)
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		e.Tree, e.Errors = nil, nil
		if err := e.ask(); err != nil {
			e.Errors = problems(err)
		}
		if err := writer.Encode(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func (e *entry) ask() error {
	version := ast.RegoV1
	if strings.HasPrefix(e.Mode, "v0") {
		version = ast.RegoV0
	}
	if strings.HasSuffix(e.Mode, "query") {
		_, err := ast.ParseBodyWithOpts(e.Text, ast.ParserOptions{SkipRules: true, RegoVersion: version})
		return err
	}
	module, err := ast.ParseModuleWithOpts("", e.Text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: version})
	if err != nil {
		return err
	}
	module.Annotations = nil
	for _, rule := range module.Rules {
		rule.Annotations = nil
	}
	e.Tree, err = json.Marshal(module)
	return err
}

func problems(err error) []problem {
	var several ast.Errors
	if errors.As(err, &several) {
		var out []problem
		for _, one := range several {
			out = append(out, of(one))
		}
		return out
	}
	var one *ast.Error
	if errors.As(err, &one) {
		return []problem{of(one)}
	}
	return []problem{{Message: err.Error()}}
}

func of(err *ast.Error) problem {
	if err.Location == nil {
		return problem{Message: err.Message}
	}
	return problem{err.Location.Row, err.Location.Col, err.Message}
}
