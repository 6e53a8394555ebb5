package book

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/expr-lang/expr/conf"

	"steward/gateway/kind"
	"steward/gateway/strict"
)

// File is one rule file, checked by itself: what it says of rules in other
// files and of a site's assets is for Load.
type File struct {
	Name  string
	Pack  string
	Rules []Rule // as written
	Plans []Plan

	in       fileBlock
	rules    []*Rule // one for each block of in
	lines    [][]rune
	grammar  *conf.Config
	problems *strict.Problems
}

// Parse reads a rule file: file is its name in messages. What is wrong with
// it comes back as strict.Errors, all of it at once.
func Parse(file string, data []byte, kinds *kind.Catalog) (*File, error) {
	f := read(Source{Name: file, Data: data}, kinds)
	known := ids{}
	f.declare(known)
	f.service(&Service{}, nil)
	if err := f.problems.Result(); err != nil {
		return nil, err
	}
	for _, r := range f.rules {
		f.Rules = append(f.Rules, *r)
	}
	return f, nil
}

// read takes a file as far as it goes by itself.
func read(src Source, kinds *kind.Catalog) *File {
	f := &File{Name: src.Name, grammar: grammar(), problems: strict.NewProblems(src.Name)}
	f.problems.Listed = map[string]string{
		"kinds":              "steward config kinds",
		"points of the kind": "steward config kinds KIND",
		"rules":              "steward rules list",
	}
	tree := strict.Parse(f.problems, src.Data)
	if tree == nil {
		return f
	}
	for line := range strings.SplitSeq(string(bytes.TrimPrefix(src.Data, []byte("\ufeff"))), "\n") {
		f.lines = append(f.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	strict.Decode(f.problems, tree, &f.in)
	f.Pack = f.in.Pack.V
	if f.Pack == "" {
		f.Pack = strings.TrimSuffix(path.Base(src.Name), path.Ext(src.Name))
	}
	for i := range f.in.Rules {
		f.rules = append(f.rules, f.build(&f.in.Rules[i], kinds))
	}
	for i := range f.in.Plans {
		f.Plans = append(f.Plans, f.plan(&f.in.Plans[i], kinds))
	}
	return f
}

// ids are where rules and plans were first declared, over all files.
type ids map[string]string

// declare notes the file's ids; one that is there already is a problem, and
// both places are told.
func (f *File) declare(seen ids) {
	one := func(what, id string, a strict.At) {
		if id == "" {
			return
		}
		if first, twice := seen[what+" "+id]; twice {
			f.problems.Add(a, "want an id of its own", "%s %q is there twice, first at %s", what, id, first)
			return
		}
		seen[what+" "+id] = fmt.Sprintf("%s:%d:%d", f.Name, a.Line, a.Column)
	}
	for _, r := range f.rules {
		one("rule", r.ID, r.at)
	}
	for i := range f.in.Plans {
		one("plan", f.in.Plans[i].ID.V, f.in.Plans[i].ID.At)
	}
}
