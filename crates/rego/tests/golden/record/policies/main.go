// Command policies records what OPA gives for whole policies: lines of modules, input, base data
// and queries in, their answers out (golden/policies/*.jsonl). It stands behind the test
// `generated`, which says how to run it.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

type question struct {
	V0      bool            `json:"v0"`
	Strict  bool            `json:"strict"`
	Modules []string        `json:"modules"`
	Input   json.RawMessage `json:"input"`
	Data    json.RawMessage `json:"data"`
	Queries []string        `json:"queries"`
}

// answer has either faults of the modules or an answer to each query; where one is another one
// without the index of rules, that too.
type answer struct {
	Faults    []string `json:"faults,omitempty"`
	Answers   []string `json:"answers,omitempty"`
	Unindexed []string `json:"unindexed,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	var lines [][]byte
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			lines = append(lines, line)
		}
		if err != nil {
			break
		}
	}
	answers := make([]answer, len(lines))
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range next {
				answers[i] = ask(lines[i])
			}
		}()
	}
	for i := range lines {
		next <- i
	}
	close(next)
	wait.Wait()
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, answer := range answers {
		check(out.Encode(answer))
	}
}

func ask(line []byte) (given answer) {
	defer func() {
		if crash := recover(); crash != nil {
			given = answer{Faults: []string{fmt.Sprintf("crash: %v", crash)}}
		}
	}()
	var q question
	check(json.Unmarshal(line, &q))
	version := ast.RegoV1
	if q.V0 {
		version = ast.RegoV0
	}
	modules := map[string]*ast.Module{}
	for i, text := range q.Modules {
		name := fmt.Sprintf("%d.rego", i)
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{
			RegoVersion:       version,
			ProcessAnnotation: true,
			Capabilities:      ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(version)),
		})
		if err != nil {
			given.Faults = append(given.Faults, faults(err)...)
			continue
		}
		modules[name] = module
	}
	if given.Faults != nil {
		return given
	}
	compiler := ast.NewCompiler().SetErrorLimit(1000).WithEnablePrintStatements(true)
	compiler.Compile(modules)
	if compiler.Failed() {
		given.Faults = faults(compiler.Errors)
		return given
	}
	store := inmem.NewFromObject(plain(q.Data).(map[string]any))
	input := ast.MustInterfaceToValue(plain(q.Input))
	var unindexed []string
	differ := false
	for _, query := range q.Queries {
		ask := func(index bool) string {
			return evaluate(compiler, store, ast.NewTerm(input), query, version, q.Strict, index)
		}
		with, without := ask(true), ask(false)
		given.Answers = append(given.Answers, with)
		unindexed = append(unindexed, without)
		differ = differ || with != without
	}
	if differ {
		given.Unindexed = unindexed
	}
	return given
}

func evaluate(compiler *ast.Compiler, store storage.Store, input *ast.Term, query string, version ast.RegoVersion, strict, index bool) string {
	body, err := ast.ParseBodyWithOpts("result = "+query, ast.ParserOptions{RegoVersion: version})
	check(err)
	compiled, err := compiler.QueryCompiler().Compile(body)
	if err != nil {
		return "fault " + faults(err)[0]
	}
	ctx := context.Background()
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(10*time.Second, cancel.Cancel)
	defer timer.Stop()
	txn, err := store.NewTransaction(ctx)
	check(err)
	defer store.Abort(ctx, txn)
	results, err := topdown.NewQuery(compiled).
		WithCompiler(compiler).WithStore(store).WithTransaction(txn).WithInput(input).
		WithStrictBuiltinErrors(strict).WithIndexing(index).WithCancel(cancel).
		WithTime(time.Unix(1700000000, 0)).Run(ctx)
	var failure *topdown.Error
	switch {
	case errors.As(err, &failure):
		place := ""
		if failure.Location != nil {
			place = fmt.Sprintf("%d:%d ", failure.Location.Row, failure.Location.Col)
		}
		return place + failure.Code + ": " + failure.Message
	case err != nil:
		return "error: " + err.Error()
	case len(results) == 0:
		return "undefined"
	}
	return "gives " + results[0][ast.Var("result")].String()
}

func faults(err error) []string {
	var all ast.Errors
	if !errors.As(err, &all) {
		return []string{err.Error()}
	}
	var texts []string
	for _, one := range all {
		place := ""
		if one.Location != nil {
			place = fmt.Sprintf("%s:%d:%d ", one.Location.File, one.Location.Row, one.Location.Col)
		}
		texts = append(texts, place+one.Code+": "+one.Message)
	}
	return texts
}

func plain(text json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	check(decoder.Decode(&value))
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
