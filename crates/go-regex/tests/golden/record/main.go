// Command record asks Go's regexp what it makes of patterns: lines {"pattern", "texts"} in, lines
// with its error, or with all matches in each text and their groups, out. A pattern and a text are
// lists of parts, each with how often it comes. Places are in bytes, and -1 where there is none.
//
//	go run . < ../questions.jsonl > ../answers.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

type part struct {
	text  string
	count int
}

func (p *part) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.text, &p.count})
}

func (p part) MarshalJSON() ([]byte, error) {
	return encode([]any{p.text, p.count})
}

func encode(value any) ([]byte, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return []byte(strings.TrimSpace(b.String())), err
}

func joined(parts []part) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(strings.Repeat(part.text, part.count))
	}
	return b.String()
}

type question struct {
	Pattern []part   `json:"pattern"`
	Texts   [][]part `json:"texts"`
}

type answer struct {
	question
	Error string    `json:"error,omitempty"`
	All   [][][]int `json:"all,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		given := answer{question: asked}
		pattern, err := regexp.Compile(joined(asked.Pattern))
		if err != nil {
			given.Error, _, _ = strings.Cut(err.Error(), ": `")
		} else {
			for _, text := range asked.Texts {
				all := pattern.FindAllStringSubmatchIndex(joined(text), -1)
				given.All = append(given.All, append([][]int{}, all...))
			}
		}
		line, err := encode(given)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
