package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"steward/gateway"
)

// Codes says what a make's fault and warning codes mean. It does not change
// once built.
type Codes struct {
	Name    string
	Title   gateway.Text
	Sources []string
	List    []Code // in rising order

	index map[int]int
}

// Code is one fault or warning code.
type Code struct {
	Code    int          // as the device's register gives it
	Display string       // as its own display and manual write it, E02; empty: the number
	Level   string       // how grave its maker calls it; empty: not said
	Text    gateway.Text // what it means
}

// Code finds what a number means.
func (c Codes) Code(number int) (Code, bool) {
	i, ok := c.index[number]
	if !ok {
		return Code{}, false
	}
	return c.List[i], true
}

// Codes finds the table that profiles name with codes: name.
func (s *Set) Codes(name string) (Codes, bool) {
	c, ok := s.codes[name]
	return c, ok
}

type codesFile struct {
	Codes   string       `yaml:"codes"`
	Title   gateway.Text `yaml:"title"`
	Sources []string     `yaml:"sources"`
	List    []codeFile   `yaml:"list"`
}

type codeFile struct {
	Code    int          `yaml:"code"`
	Display string       `yaml:"display"`
	Level   string       `yaml:"level"`
	Text    gateway.Text `yaml:"text"`
}

// loadCodes reads every codes/*.yaml of a folder.
func loadCodes(fsys fs.FS, folder string) (map[string]Codes, error) {
	found, err := fs.Glob(fsys, "codes/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("codes of %s: %w", folder, err)
	}
	all := make(map[string]Codes, len(found))
	var errs []error
	for _, file := range found {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			errs = append(errs, fmt.Errorf("codes of %s: %w", folder, err))
			continue
		}
		c, err := parseCodes(data)
		if err == nil && c.Name != strings.TrimSuffix(path.Base(file), ".yaml") {
			err = fmt.Errorf("codes %q do not have their file's name", c.Name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path.Join(folder, file), err))
			continue
		}
		all[c.Name] = c
	}
	return all, errors.Join(errs...)
}

func parseCodes(data []byte) (Codes, error) {
	var f codesFile
	if err := decodeYAML("codes", data, &f); err != nil {
		return Codes{}, err
	}
	c := Codes{Name: f.Codes, Title: f.Title, Sources: f.Sources, index: make(map[int]int, len(f.List))}
	if c.Title.ZH == "" || c.Title.EN == "" || len(f.List) == 0 {
		return c, errors.New("want a title in both languages, and a list of codes")
	}
	for i, x := range f.List {
		switch {
		case x.Text.ZH == "" || x.Text.EN == "":
			return c, fmt.Errorf("code %d: want a text in both languages", x.Code)
		case i > 0 && x.Code <= f.List[i-1].Code:
			return c, fmt.Errorf("code %d: want the codes in rising order, each once", x.Code)
		}
		c.index[x.Code] = i
		c.List = append(c.List, Code(x))
	}
	return c, nil
}
