// Package kind holds the catalogue of kinds: what an elevator, a pump or a
// leak sensor can report, under canonical names, with units, types and
// plausible ranges. The catalogue is data (kinds/*.yaml, one file a kind);
// to add a kind or a point, write it there.
package kind

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"steward/gateway"
)

//go:embed kinds/*.yaml
var files embed.FS

// Kind is one sort of equipment and every point it can have.
type Kind struct {
	Name   string
	Title  gateway.Text
	Points []gateway.Point // in the order in which people read them

	docs map[string]gateway.Text
}

// Doc says in one line what a point means, where its title does not say all;
// else it is empty.
func (k Kind) Doc(point string) gateway.Text { return k.docs[point] }

// Point finds a point by its canonical name.
func (k Kind) Point(name string) (gateway.Point, bool) {
	i := slices.IndexFunc(k.Points, func(p gateway.Point) bool { return p.Name == name })
	if i < 0 {
		return gateway.Point{}, false
	}
	return k.Points[i], true
}

// PointNames lists the kind's points in their order.
func (k Kind) PointNames() []string {
	names := make([]string, len(k.Points))
	for i, p := range k.Points {
		names[i] = p.Name
	}
	return names
}

// Catalog is a set of kinds. It does not change once built.
type Catalog struct {
	kinds map[string]Kind
	names []string
}

// Kind finds a kind by its name. What it returns is shared: do not change it.
func (c *Catalog) Kind(name string) (Kind, bool) {
	k, ok := c.kinds[name]
	return k, ok
}

// Names lists the kinds, sorted.
func (c *Catalog) Names() []string { return slices.Clone(c.names) }

// Builtin returns the catalogue that ships with Steward.
func Builtin() (*Catalog, error) { return load(files) }

func load(fsys fs.FS) (*Catalog, error) {
	paths, err := fs.Glob(fsys, "kinds/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("kinds: %w", err)
	}
	c := &Catalog{kinds: make(map[string]Kind, len(paths))}
	var errs []error
	for _, p := range paths {
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			errs = append(errs, fmt.Errorf("kinds: %w", err))
			continue
		}
		k, err := parse(p, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.kinds[k.Name] = k
		c.names = append(c.names, k.Name)
	}
	slices.Sort(c.names)
	return c, errors.Join(errs...)
}

type kindFile struct {
	Kind   string        `yaml:"kind"`
	Title  gateway.Text  `yaml:"title"`
	Fresh  time.Duration `yaml:"fresh"`
	Points []pointFile   `yaml:"points"`
}

type pointFile struct {
	Name     string         `yaml:"name"`
	Title    gateway.Text   `yaml:"title"`
	Doc      gateway.Text   `yaml:"doc"`
	Type     string         `yaml:"type"`
	Unit     string         `yaml:"unit"`
	Min      *float64       `yaml:"min"`
	Max      *float64       `yaml:"max"`
	Decimals *int           `yaml:"decimals"`
	Counter  bool           `yaml:"counter"`
	Alarm    bool           `yaml:"alarm"`
	Normal   bool           `yaml:"normal"`
	Vital    bool           `yaml:"vital"`
	Routine  bool           `yaml:"routine"`
	MaxStep  float64        `yaml:"max_step"`
	Fresh    *time.Duration `yaml:"fresh"`
	Labels   []labelFile    `yaml:"labels"`
}

type labelFile struct {
	Code int          `yaml:"code"`
	Name string       `yaml:"name"`
	Text gateway.Text `yaml:"text"`

	Alarm bool `yaml:"alarm"`
}

// parse reads one kind, whose name is that of its file.
func parse(file string, data []byte) (Kind, error) {
	var f kindFile
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return Kind{}, fmt.Errorf("%s: %w", file, err)
	}
	k := Kind{Name: f.Kind, Title: f.Title, docs: map[string]gateway.Text{}}
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf(file+": "+format, args...))
	}
	if f.Kind != strings.TrimSuffix(path.Base(file), ".yaml") {
		bad("kind %q does not have its file's name", f.Kind)
	}
	if f.Title.ZH == "" || f.Title.EN == "" {
		bad("kind %q has no title in both languages", f.Kind)
	}
	if f.Fresh < 0 || len(f.Points) == 0 {
		bad("kind %q has a negative limit of freshness or no points", f.Kind)
	}
	seen := make(map[string]bool, len(f.Points))
	for _, pf := range f.Points {
		p, err := pf.point(f.Fresh)
		if err != nil {
			bad("point %q: %w", pf.Name, err)
		}
		if seen[pf.Name] {
			bad("point %q is declared twice", pf.Name)
		}
		seen[pf.Name] = true
		if pf.Doc != (gateway.Text{}) {
			if pf.Doc.ZH == "" || pf.Doc.EN == "" {
				bad("point %q: want its doc in both languages", pf.Name)
			}
			k.docs[pf.Name] = pf.Doc
		}
		k.Points = append(k.Points, p)
	}
	return k, errors.Join(errs...)
}

func (f pointFile) point(fresh time.Duration) (gateway.Point, error) {
	p := gateway.Point{Name: f.Name, Title: f.Title, Unit: f.Unit, Min: f.Min, Max: f.Max,
		Counter: f.Counter, Alarm: f.Alarm, Normal: f.Normal, Vital: f.Vital || f.Alarm, Routine: f.Routine, MaxStep: f.MaxStep, Fresh: fresh}
	if f.Type != "" {
		if err := p.Type.UnmarshalText([]byte(f.Type)); err != nil {
			return p, err
		}
	}
	switch {
	case f.Decimals != nil:
		p.Decimals = *f.Decimals
	case p.Type == gateway.Float:
		p.Decimals = 1
	}
	if f.Fresh != nil {
		p.Fresh = *f.Fresh
	}
	for _, l := range f.Labels {
		p.Labels = append(p.Labels, gateway.Label{Code: l.Code, Name: l.Name, Text: l.Text, Alarm: l.Alarm})
	}
	return p, check(p)
}

func check(p gateway.Point) error {
	named := regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString
	switch {
	case !named(p.Name):
		return errors.New("want a name of lower-case letters, digits and '_'")
	case p.Title.ZH == "" || p.Title.EN == "":
		return errors.New("want a title in both languages")
	case p.Min != nil && p.Max != nil && *p.Min >= *p.Max:
		return errors.New("min is not below max")
	case p.Decimals < 0 || p.Decimals > 6:
		return errors.New("want 0 to 6 decimals")
	case p.Fresh < 0:
		return errors.New("fresh is negative")
	case (p.Type == gateway.Enum) != (len(p.Labels) > 0):
		return errors.New("an enum has labels, and nothing else has")
	case (p.Type == gateway.Bool || p.Type == gateway.Enum) && (p.Unit != "" || p.Counter):
		return errors.New("a bool or an enum has no unit and does not count")
	case p.Alarm && (p.Type == gateway.Float || p.Counter):
		return errors.New("an alarm is a state: a bool, an enum or a code that does not count")
	case p.MaxStep < 0 || (p.MaxStep > 0 && p.Type != gateway.Float):
		return errors.New("max_step is above 0 and of a float")
	case p.Routine && (p.Alarm || p.Type != gateway.Bool && p.Type != gateway.Enum):
		return errors.New("routine is a bool or an enum that nobody acts on")
	case p.Normal && (p.Type != gateway.Bool || !p.Alarm):
		return errors.New("normal is the good state of an alarm bool")
	}
	codes, names := map[int]bool{}, map[string]bool{}
	for _, l := range p.Labels {
		if !named(l.Name) || l.Text.ZH == "" || l.Text.EN == "" || codes[l.Code] || names[l.Name] {
			return fmt.Errorf("label %d %q: want a code and a name of its own and a text in both languages", l.Code, l.Name)
		}
		codes[l.Code], names[l.Name] = true, true
	}
	return nil
}
