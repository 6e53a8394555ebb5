package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// Load reads a site file and every secret it points to. Paths in it are
// relative to its folder; env looks up environment variables (os.LookupEnv).
// What is wrong with it comes back as Errors, all of it at once.
func Load(path string, kinds *kind.Catalog, profiles Profiles, env func(string) (string, bool)) (*Config, error) {
	data, err := readSmall(path, strict.MaxFile)
	if err != nil {
		return nil, Errors{{File: path, Problem: err.Error(), Want: "want a readable site file"}}
	}
	return Parse(path, data, filepath.Dir(path), kinds, profiles, env)
}

// Parse is Load with the file's content in hand: file is its name in
// messages, dir the folder that its paths are relative to.
func Parse(file string, data []byte, dir string, kinds *kind.Catalog, profiles Profiles, env func(string) (string, bool)) (*Config, error) {
	return parseSite(file, data, dir, kinds, profiles, env, func(path string) ([]byte, error) { return readSmall(path, strict.MaxFile) })
}

func parseSite(file string, data []byte, dir string, kinds *kind.Catalog, profiles Profiles,
	env func(string) (string, bool), read func(string) ([]byte, error),
) (*Config, error) {
	p := newProblems(file)
	tree := strict.Parse(p, data)
	if tree == nil {
		return nil, p.Result()
	}
	r := resolver{Problems: p, dir: dir, kinds: kinds, profiles: profiles, env: env, read: read, zone: time.UTC}
	strict.Decode(p, tree, &r.in)
	c := r.resolve()
	if err := p.Result(); err != nil {
		return nil, err
	}
	c.Warnings = p.Warnings()
	return c, nil
}

// readSmall reads a regular file of at most limit bytes, so that a path to a
// device or to something huge is an error and not a hang. Its errors leave
// out the path, which the message's reader has before him.
func readSmall(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, bare(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	return data, nil
}

func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("cannot be read: %w", e.Err)
	}
	return err
}

// resolver turns the shapes of a site file into a Config.
type resolver struct {
	*strict.Problems
	dir      string
	kinds    *kind.Catalog
	profiles Profiles
	env      func(string) (string, bool)
	read     func(string) ([]byte, error)
	in       siteFile
	zone     *time.Location

	areas, units, buses, brokers, assets ids
	loads                                map[string]*busLoad // by bus
}

// ids are the ids of one sort that a file declares, and where.
type ids struct {
	noun  string // in the plural
	names []string
	where map[string]strict.At
}

func (s *ids) has(id string) bool { _, ok := s.where[id]; return ok }

// declare notes an id, unless it is there already, which is a problem.
func (r *resolver) declare(s *ids, id strict.Ident) bool {
	if !id.Set {
		return false
	}
	if s.where == nil {
		s.where = map[string]strict.At{}
	}
	if first, twice := s.where[id.V]; twice {
		r.Add(id.At, fmt.Sprintf("want an id of its own; the first is on %s", first), "id %q is used twice among %s", id.V, s.noun)
		return false
	}
	s.where[id.V] = id.At
	s.names = append(s.names, id.V)
	return true
}

// refer checks that a reference holds.
func (r *resolver) refer(s *ids, what string, ref strict.Ident) bool {
	if !ref.Set {
		return false
	}
	if !s.has(ref.V) {
		r.Add(ref.At, r.Suggest(ref.V, s.noun, s.names), "there is no %s %q", what, ref.V)
		return false
	}
	return true
}

func (r *resolver) resolve() *Config {
	in := &r.in
	if in.Site.Timezone.V != nil {
		r.zone = in.Site.Timezone.V
	}
	r.declareAll()
	c := &Config{
		Site: gateway.Site{
			ID: in.Site.ID.V, Name: in.Site.Name.Or(in.Site.ID.V), Language: in.Site.Language.V, Zone: r.zone,
			Areas: r.resolveAreas(),
		},
		HTTP:     r.resolveHTTP(),
		Buses:    r.resolveBuses(),
		Brokers:  r.resolveBrokers(),
		Units:    r.resolveUnits(),
		History:  r.resolveHistory(),
		InfluxDB: r.resolveInflux(),
		Journal:  Journal{MaxBytes: in.Journal.MaxBytes.V, MaxAge: in.Journal.MaxAge.V, Reserve: in.Journal.Reserve.V},
		Records:  Records{Keep: in.Records.Keep.V},
	}
	for _, u := range c.Units {
		c.Site.Units = append(c.Site.Units, gateway.Unit{ID: u.ID, Area: u.Area, Name: u.Name})
	}
	r.resolveAssets(c)
	return c
}

// declareAll notes every id first, so that order in the file does not matter.
func (r *resolver) declareAll() {
	r.areas.noun, r.units.noun, r.buses.noun, r.brokers.noun, r.assets.noun = "areas", "units", "buses", "brokers", "assets"
	for i := range r.in.Areas {
		r.declare(&r.areas, r.in.Areas[i].ID)
	}
	for i := range r.in.Units {
		r.declare(&r.units, r.in.Units[i].ID)
	}
	for i := range r.in.Modbus {
		r.declare(&r.buses, r.in.Modbus[i].ID)
	}
	for i := range r.in.MQTT {
		r.declare(&r.brokers, r.in.MQTT[i].ID)
	}
	for i := range r.in.Assets {
		r.declare(&r.assets, r.in.Assets[i].ID)
	}
	for _, id := range r.brokers.names {
		if a, both := r.buses.where[id]; both {
			r.Add(r.brokers.where[id], fmt.Sprintf("want another id; the bus is on %s", a), "broker %q has a bus's id", id)
		}
	}
}

// cycle walks a graph and returns one node of every circle in it, in order.
func cycle(nodes []string, next func(string) []string) []string {
	const (
		open = iota + 1
		done
	)
	state := make(map[string]int, len(nodes))
	var found []string
	for _, start := range nodes {
		if state[start] != 0 {
			continue
		}
		type step struct {
			node string
			rest []string
		}
		stack := []step{{start, next(start)}}
		state[start] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.rest) == 0 {
				state[top.node] = done
				stack = stack[:len(stack)-1]
				continue
			}
			n := top.rest[0]
			top.rest = top.rest[1:]
			switch state[n] {
			case 0:
				state[n] = open
				stack = append(stack, step{n, next(n)})
			case open:
				if !slices.Contains(found, n) {
					found = append(found, n)
				}
			}
		}
	}
	return found
}
