package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"steward/drivers/profile"
	"steward/gateway/config"
)

var update = flag.Bool("update", false, "write the reference in README.md anew")

const readme = root + "/README.md"

// examples returns the README's fenced blocks of a language.
func examples(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("README.md has no %s example", language)
	}
	return found
}

// fileMark is the first line of an example that is no site file: its name.
var fileMark = regexp.MustCompile(`^# (\S+/\S+\.yaml)\n`)

// TestReadmeSites checks every site file that the README shows.
func TestReadmeSites(t *testing.T) {
	for i, text := range examples(t, "yaml") {
		if fileMark.MatchString(text) {
			continue // the commands are run with it
		}
		dir := t.TempDir()
		for _, name := range regexp.MustCompile(`_file: (\S+?)[,}\s]`).FindAllStringSubmatch(text, -1) {
			file := filepath.Join(dir, name[1])
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, "site.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := func(string) (string, bool) { return "secret", true }
		if _, err := loadSite(file, env); err != nil {
			t.Errorf("site file %d of README.md:\n%v", i+1, err)
		}
	}
}

// TestReadmeCommands runs, in one folder that holds the README's first site
// file and the files it names, every command the README shows that ends by itself.
func TestReadmeCommands(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(examples(t, "yaml")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range examples(t, "yaml") {
		if name := fileMark.FindStringSubmatch(text); name != nil {
			file := filepath.Join(dir, name[1])
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	ran := 0
	for _, block := range examples(t, "console") {
		for line := range strings.Lines(block) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				continue
			}
			if strings.HasPrefix(command, "steward run ") {
				command = "timeout --preserve-status -s TERM 3 " + command + " --listen 127.0.0.1:0"
			}
			c := exec.Command("sh", "-c", command)
			c.Dir = dir
			c.Env = append(os.Environ(), "INFLUX_TOKEN=secret", "MQTT_PASSWORD=secret")
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("$ %s: %v\n%s", command, err, out)
			}
			ran++
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands were found", ran)
	}
}

// TestReadmeReference holds the README's table of keys against the schema.
func TestReadmeReference(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| key | default | what it is |\n|---|---|---|\n")
	reference(t, &b, "", raw)
	const begin, end = "<!-- reference -->\n", "<!-- /reference -->"
	head, rest, _ := strings.Cut(string(text), begin)
	_, foot, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("README.md has no %s … %s", begin, end)
	}
	want := head + begin + b.String() + end + foot
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the README's reference is not that of the schema: run go test ./cmd/steward -run Readme -update")
	}
	if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReadmeNames holds what the README names against what there is: every
// profile that ships, and every picture.
func TestReadmeNames(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range shipped.Names() {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("README.md does not name the profile %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("README.md links %s: %v", m[1], err)
		}
	}
}

// schemaNode is what the reference wants to know of a schema.
type schemaNode struct {
	Description string
	Default     json.RawMessage
	Required    []string
	Properties  json.RawMessage
	Items       json.RawMessage
}

// reference writes a row for every key below the schema, in the shapes' order.
func reference(t *testing.T, b *strings.Builder, prefix string, raw json.RawMessage) {
	t.Helper()
	s := parseNode(t, raw)
	if len(s.Properties) == 0 {
		return
	}
	keys := json.NewDecoder(bytes.NewReader(s.Properties))
	_, _ = keys.Token() // the opening brace
	for keys.More() {
		key, _ := keys.Token()
		var below json.RawMessage
		if err := keys.Decode(&below); err != nil {
			t.Fatal(err)
		}
		p := parseNode(t, below)
		name := prefix + key.(string)
		if len(p.Items) > 0 {
			name, below = name+"[]", p.Items
		}
		preset := strings.Trim(string(p.Default), `"`)
		if slices.Contains(s.Required, key.(string)) {
			preset = "*required*"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, preset, strings.ReplaceAll(p.Description, "|", "\\|"))
		reference(t, b, name+".", below)
	}
}

func parseNode(t *testing.T, raw json.RawMessage) (s schemaNode) {
	t.Helper()
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return s
}
