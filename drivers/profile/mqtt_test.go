package profile

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"steward/drivers/mqtt"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// mqttCases holds a folder a profile, and in it a folder a case: message.yaml
// with the messages, the payloads they name, and expected.yaml.
const mqttCases = "testdata/mqtt"

// inPlace is the folder of cases whose topics are mapped in the site file.
const inPlace = "in-place"

// mqttCase is a message.yaml.
type mqttCase struct {
	Doc      string    `yaml:"doc"`      // what the case shows
	Device   string    `yaml:"device"`   // as the asset names it
	Kind     string    `yaml:"kind"`     // of an asset whose topics are in place
	MQTT     string    `yaml:"mqtt"`     // more keys of the asset's mqtt block
	Received time.Time `yaml:"received"` // when messages come that do not say
	Messages []struct {
		Topic    string    `yaml:"topic"`
		File     string    `yaml:"file"` // of the payload, beside message.yaml
		Payload  string    `yaml:"payload"`
		Retained bool      `yaml:"retained"`
		Received time.Time `yaml:"received"`
		Tick     bool      `yaml:"tick"` // no message: time passes
	} `yaml:"messages"`
}

// outcome is what one message became, as expected.yaml lists it.
type outcome struct {
	Refused   string   `yaml:"refused"`   // why it, or a part of it, was not used
	Published []string `yaml:"published"` // topics that a Sparkplug host published to
	Readings  []struct {
		Time   time.Time `yaml:"time"`
		Values []want    `yaml:"values"`
	} `yaml:"readings"`
}

// TestMQTTCases sends each case's messages through the broker driver's decoder
// to a site that names the profile, and compares what comes out. An MQTT
// profile without a case fails.
func TestMQTTCases(t *testing.T) {
	set := builtin(t)
	for _, name := range set.Names() {
		if p, _ := set.Profile(name); p.Protocol == "mqtt" && len(folders(t, filepath.Join(mqttCases, name))) == 0 {
			t.Errorf("profile %s needs a case in %s", name, mqttCases)
		}
	}
	for _, name := range folders(t, mqttCases) {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		p, ok := set.Profile(name)
		if name != inPlace && (!ok || p.Protocol != "mqtt") {
			t.Errorf("%s/%s is the case of no MQTT profile", mqttCases, name)
			continue
		}
		for _, c := range folders(t, filepath.Join(mqttCases, name)) {
			t.Run(name+"/"+c, func(t *testing.T) { runMQTTCase(t, set, p, filepath.Join(mqttCases, name, c)) })
		}
	}
}

func runMQTTCase(t *testing.T, set config.Profiles, p config.Profile, folder string) {
	var c mqttCase
	readYAML(t, filepath.Join(folder, "message.yaml"), &c)
	if c.Doc == "" || len(c.Messages) == 0 {
		t.Fatal("the case does not say what it shows, or shows nothing")
	}
	d, err := mqtt.NewDecoder(mqttSite(t, set, p, &c), "main", c.Received)
	if err != nil {
		t.Fatal(err)
	}
	d.Published() // of the connection
	var got strings.Builder
	for i, m := range c.Messages {
		at := m.Received
		if at.IsZero() {
			at = c.Received
		}
		var rs []gateway.Reading
		what := "time passes"
		if m.Tick {
			rs, err = d.Tick(at)
		} else {
			payload := []byte(m.Payload)
			what = strings.TrimSpace(m.Topic + " " + m.File)
			if m.File != "" {
				if payload, err = os.ReadFile(filepath.Join(folder, m.File)); err != nil {
					t.Fatal(err)
				}
			}
			rs, err = d.Decode(mqtt.Message{Topic: m.Topic, Payload: payload, Retained: m.Retained, Received: at})
		}
		writeOutcome(&got, fmt.Sprintf("%d: %s", i+1, what), rs, d.Published(), err)
	}
	file := filepath.Join(folder, "expected.yaml")
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	expected, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("the case has no expected values: %v", err)
	}
	if !bytes.Equal(expected, []byte(got.String())) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), expected)
	}
	var list []outcome // a person may have edited it: it must be what it says
	readYAML(t, file, &list)
	if len(list) != len(c.Messages) {
		t.Errorf("%d outcomes of %d messages", len(list), len(c.Messages))
	}
}

// mqttSite is a site with the case's one asset.
func mqttSite(t testing.TB, set config.Profiles, p config.Profile, c *mqttCase) *config.Config {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"broker: main"}
	if p.Name != "" {
		c.Kind = p.Kind
		keys = append(keys, "profile: "+p.Name)
	}
	if c.Device != "" {
		keys = append(keys, fmt.Sprintf("device: %q", c.Device))
	}
	if c.MQTT != "" {
		keys = append(keys, strings.TrimSpace(c.MQTT))
	}
	site := fmt.Sprintf(`site: {id: test, timezone: Asia/Shanghai, name: {zh: 试验, en: Test}}
areas: [{id: a, name: {zh: 甲, en: A}}]
mqtt: [{id: main, broker: "tcp://127.0.0.1:1883", sparkplug: {host: host1}}]
assets:
  - {id: device, name: {zh: 设备, en: Device}, kind: %s, area: a, mqtt: {%s}}
`, c.Kind, strings.Join(keys, ", "))
	cfg, err := config.Parse("site.yaml", []byte(site), t.TempDir(), kinds, set, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, site)
	}
	return cfg
}

func readYAML(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// writeOutcome writes what a message became, values in the order of names.
func writeOutcome(b *strings.Builder, what string, rs []gateway.Reading, published []string, err error) {
	fmt.Fprintf(b, "# %s\n", what)
	if err == nil && len(rs) == 0 && len(published) == 0 {
		b.WriteString("- {readings: []}\n")
		return
	}
	lead := "- "
	line := func(format string, args ...any) {
		fmt.Fprintf(b, lead+format+"\n", args...)
		lead = "  "
	}
	if err != nil {
		line("refused: %q", err.Error())
	}
	if len(published) > 0 {
		line("published: [%s]", strings.Join(published, ", "))
	}
	if len(rs) > 0 {
		line("readings:")
	}
	for _, r := range rs {
		line("  - time: %s", r.Time.UTC().Format(time.RFC3339Nano))
		line("    values:")
		vs := slices.Clone(r.Values)
		slices.SortStableFunc(vs, func(a, b gateway.Value) int { return strings.Compare(a.Point, b.Point) })
		for _, v := range vs {
			s := "point: " + v.Point
			if v.Quality.HasNumber() {
				s += fmt.Sprintf(", value: %.10g", math.Round(v.Number*1e9)/1e9)
			}
			if v.Quality != gateway.QualityGood {
				s += fmt.Sprintf(", quality: %s, reason: %q", v.Quality, v.Reason)
			}
			line("      - {%s}", s)
		}
	}
}

// TestMQTTSamples: samples.txt lists every sample payload that the profiles
// were made from, and the case that uses it or why none does.
func TestMQTTSamples(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(mqttCases, "samples.txt"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		name, where, ok := strings.Cut(l, " ")
		where = strings.TrimSpace(where)
		switch {
		case !ok || where == "":
			t.Errorf("%q says nothing of where it is used", l)
		case strings.HasPrefix(where, "- "):
		default:
			file := filepath.Join(mqttCases, where, name)
			if _, err := os.Stat(file); err != nil {
				t.Errorf("sample %s: %v", name, err)
			}
			message, err := os.ReadFile(filepath.Join(mqttCases, where, "message.yaml"))
			if err != nil || !bytes.Contains(message, []byte("file: "+name)) {
				t.Errorf("case %s does not send %s: %v", where, name, err)
			}
			used[file] = true
		}
	}
	if len(used) < 48 {
		t.Errorf("only %d samples are used", len(used))
	}
}
