package duty

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// Where reasons are made, seen from this package.
var makers = []string{
	"../../drivers", "../../drivers/modbus", "../../drivers/mqtt", "../../drivers/mqtt/sparkplug",
	"../live", "../line", "../../rules",
}

// What takes a reason, by folder and name: which argument it is. A folder that
// is not named has only those of every folder, "".
var takers = map[string]map[string]int{
	"":          {"NotGood": 2},
	"modbus":    {"setBad": 1, "setLost": 1, "lose": 0, "quarantine": 3},
	"mqtt":      {"bad": 0, "lost": 3},
	"sparkplug": {"lose": 3, "giveUp": 2},
}

// Functions whose texts become reasons: those they return and the errors that
// they make.
var sayers = map[string][]string{
	"modbus": {"broken", "Error", "openSerial", "configure"},
	"mqtt":   {"invalid", "read", "unixTime"},
	"live":   {"judge"},
}

// collector finds the reasons of one folder.
type collector struct {
	folder string
	consts map[string]ast.Expr
	found  map[string]token.Position // by reason, an example of it
	flows  map[string]token.Position // what a taker is given and comes from elsewhere
	files  *token.FileSet
}

// example is a text that the expression can be; false: it comes from elsewhere.
func (c *collector) example(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		return s, err == nil && x.Kind == token.STRING
	case *ast.Ident:
		if v := c.consts[x.Name]; v != nil {
			return c.example(v)
		}
	case *ast.BinaryExpr:
		left, a := c.example(x.X)
		right, b := c.example(x.Y)
		if !a {
			left = "x"
		}
		if !b {
			right = "x"
		}
		return left + right, a || b
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		if !ok || len(x.Args) == 0 {
			return "", false
		}
		if n := f.Sel.Name; n == "Sprintf" || n == "Errorf" || n == "New" {
			s, ok := c.example(x.Args[0])
			return filled(s), ok
		}
	}
	return "", false
}

// filled puts something in for the verbs of a format.
func filled(format string) string {
	return strings.NewReplacer("%d", "7", "%g", "0.5", "%.4g", "3.6", "%v", "1s", "%q", `"x"`, "%s", "x", "%w", "x", "% x", "00 01").Replace(format)
}

func (c *collector) take(x ast.Expr) {
	if s, ok := c.example(x); ok && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") {
		c.found[s] = c.files.Position(x.Pos())
	}
}

// function collects from one function: what it gives to takers, sets as a
// reason, and, when it is a sayer, every text and error.
func (c *collector) function(f *ast.FuncDecl) {
	says := slices.Contains(sayers[c.folder], f.Name.Name)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch fun := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = fun.Sel.Name
			case *ast.Ident:
				name = fun.Name
			}
			for _, folder := range []string{"", c.folder} {
				if i, ok := takers[folder][name]; ok && i < len(n.Args) {
					c.take(n.Args[i])
					if _, known := c.example(n.Args[i]); !known {
						c.flows[types.ExprString(n.Args[i])] = c.files.Position(n.Pos())
					}
				}
			}
			if says && (name == "New" || name == "Errorf") {
				c.take(n)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if named(to) && len(n.Rhs) == len(n.Lhs) {
					c.take(n.Rhs[i])
				}
			}
		case *ast.KeyValueExpr:
			if named(n.Key) {
				c.take(n.Value)
			}
		case *ast.CompositeLit: // &mismatch{"…"}
			if id, ok := n.Type.(*ast.Ident); ok && id.Name == "mismatch" && len(n.Elts) == 1 {
				if s, ok := c.example(n.Elts[0]); ok {
					c.found["broken answer: "+s] = c.files.Position(n.Pos())
				}
			}
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				if says {
					c.take(x)
				}
			}
		}
		return true
	})
}

// named reports whether something of that name is a reason.
func named(x ast.Expr) bool {
	name := ""
	switch x := x.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
	}
	return slices.Contains([]string{"reason", "Reason", "outside", "stale", "doubt", "Below", "Above", "text"}, name)
}

// collect finds the reasons that the sources of a folder make.
func collect(t *testing.T, folder string) *collector {
	t.Helper()
	c := &collector{folder: filepath.Base(folder), consts: map[string]ast.Expr{}, found: map[string]token.Position{},
		flows: map[string]token.Position{}, files: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", folder, names, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(c.files, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, file := range files {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
					for i, n := range v.Names {
						c.constant(n.Name, v.Values[i])
					}
				}
			}
		}
	}
	for _, file := range files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				c.function(f)
			}
		}
	}
	return c
}

// constant keeps a text or an error of the package's, and the names of
// exceptions.
func (c *collector) constant(name string, x ast.Expr) {
	if list, ok := x.(*ast.CompositeLit); ok && name == "exceptionNames" {
		for _, e := range list.Elts {
			c.take(e.(*ast.KeyValueExpr).Value)
		}
	}
	if _, ok := c.example(x); ok {
		c.consts[name] = x
	}
	if strings.HasPrefix(name, "reason") || strings.HasPrefix(name, "Reason") || c.folder == "modbus" && strings.HasPrefix(name, "err") {
		c.take(x)
	}
}

// halves are what the collector sees only in part, and the whole; empty: it is
// no reason of a value.
var halves = map[string]string{
	"7 1s in 1s": "7 bytes without a valid frame in 1s",
	"x: x":       "tcp://10.0.0.3:502: closed by the other end", // why the last connection ended
	"; x":        "",
	"retainedx":  "retained; no answer in 1s",
}

// passed are what takers are given that was a reason already where it was made.
var passed = []string{"err.Error()", "reason", "bad.reason", "d.outside", "d.loop.Fault(n)", "why", "invalid", "v.Reason", "s.reason"}

// others are reasons that are put together of more than the collector reads.
var others = []string{
	"exception 2: illegal data address at holding 40+2", "exception 99: unknown at coil 0+8", "exception 1: illegal function at discrete 0+8",
	"current loop below 3.6 mA: broken wire or failed transmitter (NAMUR NE 43)",
	"current loop above 21 mA: short circuit or failed transmitter (NAMUR NE 43)",
	"serial device /dev/ttyUSB0: set line parameters: inappropriate ioctl for device",
	gateway.ErrImplausible{Source: time.Unix(0, 0), Received: time.Unix(1e9, 0)}.Error(),
}

// TestEveryReasonHasChinese finds every reason that a driver, the hub, the
// journal's encoder and the rules can make for a value that is not good.
func TestEveryReasonHasChinese(t *testing.T) {
	seen := 0
	for _, folder := range makers {
		c := collect(t, folder)
		if len(c.found) == 0 {
			t.Errorf("%s makes no reasons: this test looks in the wrong place", folder)
		}
		for reason, at := range c.found {
			if whole, ok := halves[reason]; ok {
				reason = whole
			}
			seen++
			if reason != "" && !ReasonKnown(reason) {
				t.Errorf("%s: %q has no Chinese: add it to phrases.go", at, reason)
			}
		}
		for flow, at := range c.flows {
			if !slices.Contains(passed, flow) {
				t.Errorf("%s: it is not seen what reason %s is: name it in passed, and where it is made in takers or sayers", at, flow)
			}
		}
	}
	if seen < 60 {
		t.Errorf("%d reasons were found, where there were 80", seen)
	}
	for _, reason := range others {
		if zh := ReasonInChinese(reason); zh == reason {
			t.Errorf("%q has no Chinese", reason)
		}
	}
}
