package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"steward/gateway/kind"
	"steward/rules/book"
	"steward/rules/cases"
	"steward/rules/pack"
)

type rulesTestCmd struct {
	Dir    string `arg:"" help:"A folder of case files (*.yaml, also in folders below it), or one file."`
	Config string `placeholder:"FILE" help:"A site file: the rules and numbers in the folder rules beside it are in force."`
	Rules  string `placeholder:"DIR" help:"Or a folder of rule files, over those that ship."`
}

func (c rulesTestCmd) Run(std stdio) error {
	files, err := caseFiles(c.Dir)
	if err != nil {
		return err
	}
	own, err := c.own()
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range files {
		ok, err := c.play(std, file, own)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
	}
	fmt.Fprintf(std.out, "%d cases, %d failed\n", len(files), failed)
	if failed > 0 {
		return errReported
	}
	return nil
}

func (c rulesTestCmd) own() ([]book.Source, error) {
	switch {
	case c.Rules != "":
		if _, err := os.Stat(c.Rules); err != nil {
			return nil, err
		}
		return book.ReadFolder(c.Rules)
	case c.Config != "":
		return book.ReadFolder(filepath.Join(filepath.Dir(c.Config), rulesFolder))
	}
	return nil, nil
}

// play plays one case and writes what differs.
func (c rulesTestCmd) play(std stdio, file string, own []book.Source) (ok bool, err error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return false, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	one, err := cases.Parse(file, data, kinds)
	if err != nil {
		_ = printErrors(std.out, err)
		return false, nil
	}
	packs, err := pack.Sources()
	if err != nil {
		return false, err
	}
	mine := slices.Clone(own)
	if text := one.Overrides(); text != "" {
		mine = append(mine, book.Source{Name: file + " numbers", Data: []byte(text)})
	}
	b, err := book.Load(kinds, nil, packs, mine)
	if err != nil {
		return false, printErrors(std.err, err)
	}
	if unknown := one.Unknown(b); len(unknown) > 0 {
		fmt.Fprintf(std.out, "FAIL  %s: %s\n      there is no rule or fault %s; rules of a site's own need --config or --rules\n",
			file, one.Name, strings.Join(unknown, ", "))
		return false, nil
	}
	r, err := cases.Run(one, b)
	if err != nil {
		return false, err
	}
	if r.OK() {
		fmt.Fprintf(std.out, "ok    %s: %s\n", file, one.Name)
		return true, nil
	}
	fmt.Fprintf(std.out, "FAIL  %s: %s (- expected, + happened)\n", file, one.Name)
	for _, line := range r.Diff() {
		fmt.Fprintf(std.out, "      %s\n", line)
	}
	return false, nil
}

// caseFiles lists the files of a folder and of those below it.
func caseFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".yaml") {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there are no case files (*.yaml) in %s", dir)
	}
	return files, err
}
