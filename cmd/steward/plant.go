package main

import (
	"path/filepath"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/rules"
	"steward/rules/book"
	"steward/rules/pack"
	"steward/rules/ticket"
)

// rulesFolder is where a site keeps rules and numbers of its own, beside its
// site file.
const rulesFolder = "rules"

// plant is what a site's folder says: the site file, and the rules that ship
// under those of the site.
type plant struct {
	cfg  *config.Config
	book *book.Book
}

// loadPlant reads and checks a site file, its profiles and its rules, and
// over them further rule files.
func loadPlant(path string, env func(string) (string, bool), more ...book.Source) (*plant, error) {
	cfg, err := loadSite(path, env)
	if err != nil {
		return nil, err
	}
	own, err := book.ReadFolder(filepath.Join(filepath.Dir(path), rulesFolder))
	if err != nil {
		return nil, err
	}
	b, err := loadBook(&cfg.Site, append(own, more...))
	if err != nil {
		return nil, err
	}
	return &plant{cfg, b}, nil
}

// readRules is loadPlant for who only looks: secrets may be missing, and
// without a site file there are the rules that ship.
func readRules(config string, more ...book.Source) (*plant, error) {
	if config != "" {
		return loadPlant(config, anySecret, more...)
	}
	b, err := loadBook(nil, more)
	if err != nil {
		return nil, err
	}
	return &plant{emptySite(), b}, nil
}

// loadBook reads the rules that ship and over them those of a site, which is
// nil where the rules are of none.
func loadBook(site *gateway.Site, own []book.Source) (*book.Book, error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, err
	}
	packs, err := pack.Sources()
	if err != nil {
		return nil, err
	}
	return book.Load(kinds, site, packs, own)
}

// facts are what the site file says of flats: the beginning, until people say
// otherwise.
func (p *plant) facts() (facts []duty.Fact) {
	for _, u := range p.cfg.Units {
		if u.Vacant {
			facts = append(facts, duty.Fact{Name: "vacant", Unit: u.ID, Number: 1})
		}
	}
	return facts
}

func (p *plant) units() []ticket.Unit {
	units := make([]ticket.Unit, len(p.cfg.Units))
	for i, u := range p.cfg.Units {
		units[i] = ticket.Unit{ID: u.ID, Area: u.Area, Name: u.Name}
	}
	return units
}

// unitIDs are never nil: a site without flats has no facts of flats.
func (p *plant) unitIDs() []string {
	ids := make([]string, len(p.cfg.Units))
	for i := range p.cfg.Units {
		ids[i] = p.cfg.Units[i].ID
	}
	return ids
}

// judges makes an engine and a desk of the plant's rules, in their first state.
func (p *plant) judges() (*rules.Engine, *ticket.Desk, error) {
	e, err := rules.New(rules.Options{Site: &p.cfg.Site, Book: p.book, Facts: p.facts(), Units: p.unitIDs()})
	if err != nil {
		return nil, nil, err
	}
	d := ticket.New(ticket.Options{Site: &p.cfg.Site, Units: p.units(), Service: p.book.Service, Plans: p.book.Plans, View: e})
	return e, d, nil
}

// stateFolder is where alarms and tickets lie, in the data folder.
func stateFolder(data string) string { return filepath.Join(data, "state") }
