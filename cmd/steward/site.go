package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// loadSite reads and checks a site file with the profiles that ship and those
// in a folder named profiles beside it; of two with one name, the site's own
// counts.
func loadSite(path string, env func(string) (string, bool)) (*config.Config, error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, err
	}
	shipped, err := profile.Builtin()
	if err != nil {
		return nil, err
	}
	profiles := layers{shipped}
	own := filepath.Join(filepath.Dir(path), "profiles")
	if _, err := os.Stat(own); err == nil {
		set, err := profile.Dir(own)
		if err != nil {
			return nil, err
		}
		profiles = layers{set, shipped}
	}
	return config.Load(path, kinds, profiles, env)
}

// anySecret answers for every variable: commands that only look at a site
// file need none of its secrets.
func anySecret(name string) (string, bool) {
	if v, ok := os.LookupEnv(name); ok {
		return v, true
	}
	return "-", true
}

// emptySite is a site without assets, for what needs none.
func emptySite() *config.Config {
	return &config.Config{Site: gateway.Site{ID: "none", Language: "en"}}
}

// layers are sets of profiles; the first that has a name counts.
type layers []config.Profiles

func (l layers) Profile(name string) (config.Profile, bool) {
	for _, set := range l {
		if p, ok := set.Profile(name); ok {
			return p, true
		}
	}
	return config.Profile{}, false
}

func (l layers) Names() []string {
	var names []string
	for _, set := range l {
		names = append(names, set.Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// printErrors writes every error of a file on a line of its own, and those of
// several files one after the other.
func printErrors(w io.Writer, err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			if left := printErrors(w, one); !errors.Is(left, errReported) {
				fmt.Fprintln(w, left)
			}
		}
		return errReported
	}
	var all config.Errors
	if !errors.As(err, &all) {
		return err
	}
	for _, e := range all {
		fmt.Fprintln(w, e)
	}
	return errReported
}

type checkCmd struct {
	Config string `required:"" placeholder:"FILE" help:"The site file."`
}

func (c checkCmd) Run(std stdio) error {
	p, err := loadPlant(c.Config, os.LookupEnv)
	if err != nil {
		return printErrors(std.err, err)
	}
	cfg := p.cfg
	for _, w := range cfg.Warnings {
		fmt.Fprintln(std.err, w)
	}
	points := 0
	for _, a := range cfg.Site.Assets {
		points += len(a.Points)
	}
	fmt.Fprintf(std.out, "%s: ok: site %s, %d areas, %d assets, %d points, %d buses, %d brokers, %d rules\n", c.Config,
		cfg.Site.ID, len(cfg.Site.Areas), len(cfg.Site.Assets), points, len(cfg.Buses), len(cfg.Brokers), len(p.book.Rules))
	return nil
}

type configCmd struct {
	Schema   configSchemaCmd   `cmd:"" help:"Print the JSON Schema of the site file."`
	Kinds    configKindsCmd    `cmd:"" help:"List the kinds of equipment, or the points of one."`
	Profiles configProfilesCmd `cmd:"" help:"List the profiles that ship."`
}

type configKindsCmd struct {
	Kind string `arg:"" optional:"" help:"A kind, such as pump: its points are listed."`
}

func (c configKindsCmd) Run(std stdio) error {
	kinds, err := kind.Builtin()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	if c.Kind == "" {
		for _, name := range kinds.Names() {
			k, _ := kinds.Kind(name)
			fmt.Fprintf(w, "%s\t%s\t%s\t%d points\n", name, k.Title.ZH, k.Title.EN, len(k.Points))
		}
		return w.Flush()
	}
	k, ok := kinds.Kind(c.Kind)
	if !ok {
		return fmt.Errorf("there is no kind %q: steward config kinds lists them", c.Kind)
	}
	for _, p := range k.Points {
		about := p.Unit
		for _, l := range p.Labels {
			about += " " + l.Name
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.Type, strings.TrimSpace(about), p.Title.ZH, p.Title.EN)
	}
	return w.Flush()
}

type configProfilesCmd struct{}

func (configProfilesCmd) Run(std stdio) error {
	shipped, err := profile.Builtin()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, name := range shipped.Names() {
		p, _ := shipped.Profile(name)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s %s\n", name, p.Kind, p.Protocol, p.Vendor, p.Model)
	}
	return w.Flush()
}

type configSchemaCmd struct{}

func (configSchemaCmd) Run(std stdio) error {
	schema, err := config.Schema()
	if err != nil {
		return err
	}
	_, err = std.out.Write(append(schema, '\n'))
	return err
}
