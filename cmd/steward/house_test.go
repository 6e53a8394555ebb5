package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the checkout, seen from this package.
const root = "../.."

// arrows lists which packages of the house a folder may import; "x/..." is x
// and all below it. The first row whose folder matches counts.
var arrows = []struct {
	folder string
	may    []string
}{
	{"gateway/kind", []string{"gateway"}},
	{"gateway/line", []string{"gateway"}},
	{"gateway/strict", []string{"gateway"}},
	{"gateway/config", []string{"gateway", "gateway/kind", "gateway/strict"}},
	{"gateway/duty", []string{"gateway"}},
	{"gateway/disk", []string{}},
	{"gateway/sqlite", []string{}},
	{"gateway/store", []string{"gateway", "gateway/duty", "gateway/sqlite"}},
	{"gateway/journal/...", []string{"gateway", "gateway/disk", "gateway/line", "gateway/sqlite", "gateway/journal/..."}},
	{"gateway/history/...", []string{"gateway", "gateway/disk", "gateway/line", "gateway/sqlite", "gateway/config", "gateway/history/..."}},
	{"gateway/live", []string{"gateway"}},
	{"gateway", nil},
	{"drivers/modbus/...", []string{"gateway/...", "drivers", "drivers/modbus/..."}},
	{"drivers/mqtt/...", []string{"gateway/...", "drivers", "drivers/mqtt/..."}},
	{"drivers/profile", []string{"gateway/...", "drivers"}},
	{"drivers/survey/...", []string{"gateway/...", "drivers", "drivers/modbus", "drivers/profile", "drivers/survey/..."}},
	{"drivers/sim/...", []string{"gateway/...", "drivers", "drivers/profile", "drivers/modbus", "drivers/sim/..."}},
	{"drivers/...", []string{"gateway/...", "drivers"}},
	{"rules/...", []string{"gateway/...", "rules/..."}},
	{"dashboard/...", []string{"gateway/...", "dashboard/..."}},
	{"cmd/...", []string{"gateway/...", "drivers/...", "rules/...", "dashboard/...", "cmd/..."}},
}

// covers reports whether a pattern of arrows names the folder.
func covers(pattern, folder string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return folder == tree || strings.HasPrefix(folder, tree+"/")
	}
	return folder == pattern
}

// wrongArrow says why a file of folder may not import another folder. Tests
// may use anything of their own storey and of gateway.
func wrongArrow(folder, imported string, test bool) string {
	storey, _, _ := strings.Cut(folder, "/")
	if test && (covers("gateway/...", imported) || covers(storey+"/...", imported)) {
		return ""
	}
	for _, row := range arrows {
		if !covers(row.folder, folder) {
			continue
		}
		if slices.ContainsFunc(row.may, func(p string) bool { return covers(p, imported) }) {
			return ""
		}
		return folder + " may not import " + imported
	}
	return folder + " has no row in the house's list of arrows"
}

func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || p != root && strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return fs.SkipDir
		}
		if strings.HasSuffix(p, ".go") {
			files = append(files, p)
		}
		return nil
	})
	if err != nil || len(files) < 20 {
		t.Fatalf("walk the checkout: %d files, %v", len(files), err)
	}
	return files
}

func TestImports(t *testing.T) {
	for _, file := range goFiles(t) {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		name, _ := filepath.Rel(root, file)
		folder := path.Dir(filepath.ToSlash(name))
		for _, spec := range tree.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if folder == "gateway" && strings.Contains(imported, ".") {
				t.Errorf("%s: the root package imports the standard library only, not %s", name, imported)
			}
			inner, ok := strings.CutPrefix(imported, "steward/")
			if !ok || inner == folder {
				continue
			}
			if why := wrongArrow(folder, inner, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s: %s", name, why)
			}
		}
	}
}

// TestWrongArrowsAreSeen shows that the rule can fail.
func TestWrongArrowsAreSeen(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		test, wrong      bool
	}{
		{"drivers/modbus", "gateway/config", false, false},
		{"drivers/modbus", "rules", false, true},
		{"drivers/modbus", "drivers/mqtt", false, true},
		{"gateway/config", "gateway/journal", false, true},
		{"gateway/config", "gateway/journal", true, false},
		{"gateway/live", "drivers", true, true},
		{"dashboard", "drivers", true, true},
		{"gateway", "gateway/line", false, true},
		{"cmd/steward", "dashboard", false, false},
		{"attic", "gateway", false, true},
	} {
		if why := wrongArrow(c.folder, c.imported, c.test); (why != "") != c.wrong {
			t.Errorf("%s -> %s (test %v): %q", c.folder, c.imported, c.test, why)
		}
	}
}

func TestHouse(t *testing.T) {
	list, err := exec.Command("git", "-C", root, "ls-files").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	top := strings.Fields("gateway drivers rules dashboard cmd go.mod go.sum README.md LICENSE Makefile .ci .gitignore .golangci.yml CHANGELOG.md")
	for _, file := range strings.Fields(string(list)) {
		first, _, _ := strings.Cut(file, "/")
		if !slices.Contains(top, first) {
			t.Errorf("%s: nothing stands at the top besides %v", file, top)
		}
		if base := path.Base(path.Dir(file)); slices.Contains([]string{"util", "utils", "common", "helpers", "misc"}, base) {
			t.Errorf("%s: name the folder for what it holds", file)
		}
	}
	lines := 0
	for _, file := range goFiles(t) {
		if path.Dir(filepath.ToSlash(file)) == root+"/gateway" && !strings.HasSuffix(file, "_test.go") {
			lines += countLines(t, file)
		}
	}
	if lines > 490 {
		t.Errorf("the root package has %d lines: at most about 450", lines)
	}
	notes, _ := filepath.Glob(root + "/gateway/decisions/*.md")
	for _, note := range notes {
		if n := countLines(t, note); n >= 40 {
			t.Errorf("%s has %d lines: a decision takes fewer than 40", note, n)
		}
	}
}

func countLines(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}
