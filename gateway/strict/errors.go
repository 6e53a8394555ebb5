package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing wrong with a file: where, what is wrong, and what would
// be right. Line and Column count from 1, columns in characters; they are 0
// where the file as a whole is meant.
type Error struct {
	File    string
	Line    int
	Column  int
	Problem string // unknown key "intervall"
	Want    string // did you mean "interval"?
	Excerpt string // lines below that show it, with a caret; often empty
}

// Error writes "site.yaml:12:9: what is wrong, what would be right", and the
// excerpt below it.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": " + e.Problem)
	if e.Want != "" {
		b.WriteString(", " + e.Want)
	}
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	return b.String()
}

// Errors is everything wrong with a file, in the file's order.
type Errors []Error

// Error writes one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// At is a place in the file.
type At struct{ Line, Column int }

// String is "line 12".
func (a At) String() string { return fmt.Sprintf("line %d", a.Line) }

const (
	// MaxProblems of one file are kept; more are counted.
	MaxProblems    = 500
	maxSuggestions = 100 // looking for near names costs time; a hostile file has many
)

// Problems collects what is wrong with one file.
type Problems struct {
	// Listed says, by what things are called in the plural, which command
	// lists all of them; for names that are not known.
	Listed map[string]string

	file   string
	list   Errors
	more   int
	sought int
	warned Errors
}

// NewProblems makes an empty collection; file is its name in messages.
func NewProblems(file string) *Problems { return &Problems{file: file} }

// File is the file's name in messages.
func (p *Problems) File() string { return p.file }

// Add notes a problem at a place; want says what would be right.
func (p *Problems) Add(a At, want, format string, args ...any) { p.Show(a, "", want, format, args...) }

// Show is Add with lines that show where in a longer text the problem is.
func (p *Problems) Show(a At, excerpt, want, format string, args ...any) {
	if len(p.list) >= MaxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Error{File: p.file, Line: a.Line, Column: a.Column, Problem: fmt.Sprintf(format, args...), Want: want, Excerpt: excerpt})
}

// Warn notes what is allowed but hardly meant; at most MaxProblems are kept.
func (p *Problems) Warn(a At, format string, args ...any) {
	if len(p.warned) < MaxProblems {
		p.warned = append(p.warned, Error{File: p.file, Line: a.Line, Column: a.Column, Problem: "warning: " + fmt.Sprintf(format, args...)})
	}
}

// Warnings are what Warn noted, in that order.
func (p *Problems) Warnings() Errors { return p.warned }

// Len reports how many problems were noted.
func (p *Problems) Len() int { return len(p.list) + p.more }

// Result returns the problems in the file's order, nil when there are none.
func (p *Problems) Result() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Problem, b.Problem))
	})
	p.list = slices.Compact(p.list)
	if p.more > 0 {
		p.list = append(p.list, Error{File: p.file, Problem: fmt.Sprintf("and %d more problems", p.more), Want: "mend the first ones"})
		p.more = 0
	}
	return p.list
}

// Suggest says what a name that is not among the known ones should be: the
// nearest of them, or all of them where they are few. noun is in the plural.
func (p *Problems) Suggest(name, noun string, known []string) string {
	if near := p.nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	listed := p.Listed[noun]
	if listed != "" {
		listed = " (" + listed + ")"
	}
	switch {
	case len(known) == 0:
		return "this file declares no " + noun
	case len(known) > 12:
		return fmt.Sprintf("want one of the %d %s: %s …%s", len(known), noun, strings.Join(known[:8], ", "), listed)
	}
	return "want one of " + strings.Join(known, ", ")
}

func (p *Problems) nearest(name string, known []string) string {
	if p.sought++; p.sought > maxSuggestions {
		return ""
	}
	return Nearest(name, known)
}

// Nearest returns the known name that somebody who wrote name may have meant,
// or nothing.
func Nearest(name string, known []string) string {
	if len(name) < 3 || len(name) > 100 {
		return "" // everything short is near
	}
	best, near := 1+min(3, max(1, len(name)/3)), ""
	for _, k := range known {
		d := distance(name, k, best)
		if strings.HasPrefix(k, name) || (len(k) > 2 && strings.HasPrefix(name, k)) {
			d = min(d, 1)
		}
		if d < best {
			best, near = d, k
		}
	}
	return near
}

// distance is the number of letters to add, drop, change or swap with their
// neighbour to make b of a, or limit when it is not less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before, last, row []int
	last = make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row = make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
