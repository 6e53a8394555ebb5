// Package foreign reads the configurations of other programs and makes site
// files of what they say about Modbus and MQTT equipment. What cannot be
// carried over is told line by line.
package foreign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway/config"
	"steward/gateway/kind"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 1 << 20

// Result is a site file, and what is not in it.
type Result struct {
	YAML   []byte
	Left   []Note // in the order of the file's lines
	Assets int
	Points int
}

// Note says what was not carried over, or only with a guess.
type Note struct {
	Line int
	Text string
}

// Options are what the other file does not say.
type Options struct {
	Site     string // the site's id
	Timezone string
	Kinds    *kind.Catalog
}

// plan is the site file under construction.
type plan struct {
	Options
	from    string // "Telegraf"
	buses   []config.Bus
	brokers []broker
	devices []*device
	notes   []Note
	ids     map[string]bool
	lines   map[string]int // of buses and brokers, by id
}

type broker struct{ id, url, user, client string }

// device is what becomes one asset, or two where some of its signals have no
// canonical name.
type device struct {
	line     int
	name     string
	bus      string // id, or
	broker   string // id
	unit     int
	interval time.Duration
	offline  *online
	onChange bool // values are sent only when they change
	signals  []*signal
}

// online is an availability topic.
type online struct {
	topic, path string
	on, off     []string
	cleared     bool // an empty payload means gone
}

// signal is one value that the other program reads.
type signal struct {
	line     int
	name     string
	unit     string // as written there; empty: not said
	told     bool   // the unit, by the name alone
	class    string // what it is, as Home Assistant calls it
	bit      bool   // true or false
	scale    float64
	offset   float64
	min, max *float64
	register config.Register
	topic    string
	path     string // empty: the whole payload
	on, off  string // texts of true and false; empty: as JSON has them
	dropped  bool
}

func newPlan(from string, o Options) *plan {
	return &plan{Options: o, from: from, ids: map[string]bool{}, lines: map[string]int{}}
}

func (p *plan) note(line int, format string, args ...any) {
	p.notes = append(p.notes, Note{line, fmt.Sprintf(format, args...)})
}

// id makes an id of a name that nothing else has.
func (p *plan) id(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	base := strings.Trim(b.String(), "-")
	base = strings.TrimRight(base[:min(len(base), 50)], "-")
	if base == "" {
		base = "device"
	}
	id := base
	for n := 2; p.ids[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	p.ids[id] = true
	return id
}

// bus finds or adds a bus by its address.
func (p *plan) bus(line int, b config.Bus) string {
	if i := slices.IndexFunc(p.buses, func(x config.Bus) bool { return x.Address == b.Address }); i >= 0 {
		return p.buses[i].ID
	}
	b.ID = p.id("bus-" + strings.TrimPrefix(b.Address, "/dev/"))
	p.buses, p.lines[b.ID] = append(p.buses, b), line
	return b.ID
}

// broker finds or adds a broker.
func (p *plan) broker(line int, url, user, client string) string {
	if i := slices.IndexFunc(p.brokers, func(x broker) bool { return x.url == url && x.client == client }); i >= 0 {
		return p.brokers[i].id
	}
	b := broker{p.id("broker"), url, user, client}
	p.brokers, p.lines[b.id] = append(p.brokers, b), line
	return b.id
}

// add gives a device one more signal.
func (d *device) add(s *signal) {
	if s.unit == "" && !s.bit {
		s.unit, _ = unitIn(s.name)
		if words := strings.Split(plain(s.name), "_"); s.unit == "" && len(words) > 1 {
			s.unit = unitOf(words[len(words)-1], true) // powerW
		}
		s.told = s.unit != ""
	}
	d.signals = append(d.signals, s)
}

// used reports whether anything of a bus or broker is left to write.
func (p *plan) used(id string) bool {
	return slices.ContainsFunc(p.devices, func(d *device) bool {
		return (d.bus == id || d.broker == id) && slices.ContainsFunc(d.signals, func(s *signal) bool { return !s.dropped })
	})
}

// device finds or adds a device by its wire and what is alike of it.
func (p *plan) device(d device) *device {
	for _, x := range p.devices {
		if x.bus == d.bus && x.broker == d.broker && x.unit == d.unit && x.name == d.name && x.interval == d.interval {
			return x
		}
	}
	p.devices = append(p.devices, &d)
	return &d
}

// finish writes the site file, and leaves out whatever the loader refuses of
// it, saying why.
func (p *plan) finish() (Result, error) {
	for range 20 {
		out := p.write()
		if out.Assets == 0 {
			return Result{Left: p.notes}, fmt.Errorf("nothing in it can be carried over")
		}
		_, err := config.Parse("site.yaml", out.YAML, ".", p.Kinds, nil, func(string) (string, bool) { return "secret", true })
		if err == nil {
			out.Left = slices.Concat(p.notes, out.notes)
			slices.SortStableFunc(out.Left, func(a, b Note) int { return a.Line - b.Line })
			out.Left = slices.Compact(out.Left)
			return out.Result, nil
		}
		all, ok := err.(config.Errors)
		if !ok {
			return Result{}, err
		}
		dropped := false
		for _, e := range all {
			if s := out.signals[e.Line]; s != nil && !s.dropped {
				s.dropped, dropped = true, true
				p.note(s.line, "%s: left out: %s", s.name, e.Problem)
			}
		}
		if !dropped {
			return Result{}, fmt.Errorf("what was made of it is no site file: %w", err)
		}
	}
	return Result{}, fmt.Errorf("what was made of it has too many mistakes")
}
