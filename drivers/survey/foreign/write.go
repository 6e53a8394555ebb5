package foreign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"steward/gateway"
	"steward/gateway/config"
)

// sheet is a site file being written, and which line is which signal's.
type sheet struct {
	Result
	b       strings.Builder
	lines   int
	signals map[int]*signal
	plan    *plan
	notes   []Note // of guesses: they hold for this sheet
}

func (s *sheet) note(line int, format string, args ...any) {
	s.notes = append(s.notes, Note{line, fmt.Sprintf(format, args...)})
}

func (s *sheet) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format+"\n", args...)
	s.lines++
}

// write makes the site file of what is left of the plan.
func (p *plan) write() *sheet {
	s := &sheet{signals: map[int]*signal{}, plan: p}
	ids := map[string]bool{}
	for id := range p.ids {
		ids[id] = true
	}
	s.line("# Imported from %s. Names, areas and guessed kinds are yours to check.", p.from)
	s.line("site: {id: %s, timezone: %s}", p.Site, p.Timezone)
	s.wires()
	s.line("areas:")
	s.line("  - {id: imported, name: {zh: 导入, en: Imported}}")
	said := false
	for _, d := range p.devices {
		k, placed, left := settle(d, p.Kinds)
		if len(placed)+len(left) == 0 && d.offline == nil {
			continue
		}
		if !said {
			s.line("assets:")
			said = true
		}
		id := ""
		if len(placed) > 0 {
			id = p.id(d.name)
			s.asset(d, id, k.Name, placed)
			s.because(d, id, k.Name, placed)
		}
		s.leftovers(d, id, left)
	}
	s.YAML = []byte(s.b.String())
	p.ids = ids // writing is repeated when something has to go
	return s
}

// because tells what a kind was guessed by.
func (s *sheet) because(d *device, id, kind string, placed []place) {
	var by []string
	for _, p := range placed {
		if !slices.Contains(by, p.point.Name) {
			by = append(by, p.point.Name)
		}
	}
	more := ""
	if len(by) > 3 {
		by, more = by[:3], " …"
	}
	s.note(d.line, "%s: taken as %s because of %s%s", id, kind, strings.Join(by, ", "), more)
}

func (s *sheet) wires() {
	said := false
	for _, b := range s.plan.buses {
		if !s.plan.used(b.ID) {
			s.note(s.plan.lines[b.ID], "bus %s: left out: nothing on it could be carried over", b.URL())
			continue
		}
		if !said {
			s.line("modbus:")
			said = true
		}
		text := fmt.Sprintf("  - {id: %s, url: %q", b.ID, b.URL())
		if b.Transport == config.ModbusRTU {
			text += fmt.Sprintf(", baud: %d, parity: %s, data_bits: %d, stop_bits: %d", b.Baud, b.Parity, b.DataBits, b.StopBits)
		}
		if b.Timeout > 0 {
			text += fmt.Sprintf(", timeout: %v", b.Timeout)
		}
		if b.Pause > 0 {
			text += fmt.Sprintf(", pause: %v", b.Pause)
		}
		s.line("%s}", text)
	}
	said = false
	for _, b := range s.plan.brokers {
		if !s.plan.used(b.id) {
			s.note(s.plan.lines[b.id], "broker %s: left out: nothing from it could be carried over", b.url)
			continue
		}
		if !said {
			s.line("mqtt:")
			said = true
		}
		text := fmt.Sprintf("  - {id: %s, broker: %q", b.id, b.url)
		if b.client != "" {
			text += fmt.Sprintf(", client_id: %q", b.client)
		}
		if b.user != "" {
			text += fmt.Sprintf(`, username: %q, password: "${env:MQTT_PASSWORD}"`, b.user)
		}
		s.line("%s}", text)
	}
}

// channels are what an I/O module has for signals without a name of their own.
const (
	mostInputs   = 16
	mostAnalogue = 8
)

// leftovers puts what has no canonical name into an I/O module of the device.
func (s *sheet) leftovers(d *device, beside string, left []*signal) {
	var placed []place
	id := ""
	bits, numbers := 0, 0
	for _, x := range left {
		name := ""
		switch {
		case x.bit && bits < mostInputs:
			bits++
			name = "di" + strconv.Itoa(bits)
		case !x.bit && numbers < mostAnalogue:
			numbers++
			name = "ai" + strconv.Itoa(numbers)
		default:
			s.note(x.line, "%s: left out: it is no canonical point of any kind, and an I/O module's %d inputs and %d analogue inputs are full", x.name, mostInputs, mostAnalogue)
			continue
		}
		if id == "" {
			id = s.plan.id(strings.TrimSuffix(beside+"-io", "-"))
			if beside == "" {
				id = s.plan.id(d.name)
			}
		}
		s.note(x.line, "%s: no canonical point fits; carried over as %s of %s, without its unit", x.name, name, id)
		x := *x
		x.unit = ""
		p, _ := s.plan.kindPoint("io_module", name)
		placed = append(placed, place{&x, p})
	}
	if len(placed) > 0 {
		s.asset(d, id, "io_module", placed)
		// The copies stand for the signals themselves when one has to go.
		for line, x := range s.signals {
			for _, orig := range left {
				if x.line == orig.line && x.name == orig.name {
					s.signals[line] = orig
				}
			}
		}
	}
}

func (p *plan) kindPoint(kind, name string) (gateway.Point, bool) {
	k, _ := p.Kinds.Kind(kind)
	return k.Point(name)
}

func (s *sheet) asset(d *device, id, kindName string, placed []place) {
	s.Assets++
	s.Points += len(placed)
	s.line("  - id: %s", id)
	s.line("    kind: %s", kindName)
	s.line("    area: imported")
	s.line("    name: %s", strconv.Quote(d.name))
	if d.bus != "" {
		s.line("    modbus:")
		s.line("      bus: %s", d.bus)
		s.line("      unit: %d", d.unit)
		if d.interval > 0 {
			s.line("      interval: %v", d.interval)
		}
		s.line("      points:")
		for _, p := range placed {
			s.register(p)
		}
		return
	}
	s.mqtt(d, placed)
}

// mqtt writes an asset's topics, the payload of each once.
func (s *sheet) mqtt(d *device, placed []place) {
	s.line("    mqtt:")
	s.line("      broker: %s", d.broker)
	if d.onChange {
		s.line("      on_change: true")
	}
	s.line("      topics:")
	var topics []string
	for _, p := range placed {
		key := p.topic
		if p.path == "" {
			key += "\x00text"
		}
		if !slices.Contains(topics, key) {
			topics = append(topics, key)
		}
	}
	for _, key := range topics {
		topic, text, _ := strings.Cut(key, "\x00")
		s.line("        - topic: %q", topic)
		if text != "" {
			s.line("          format: text")
		}
		s.line("          points:")
		for _, p := range placed {
			if p.topic == topic && (p.path == "") == (text != "") {
				s.field(p)
			}
		}
	}
	if o := d.offline; o != nil {
		s.line("        - topic: %q", o.topic)
		path := "format: text"
		if o.path != "" {
			path = "format: json"
		}
		s.line("          %s", path)
		text := fmt.Sprintf("online: [%s], offline: [%s]", quoted(o.on), quoted(o.off))
		if o.path != "" {
			text = fmt.Sprintf("path: %q, ", o.path) + text
		}
		if o.cleared {
			text += ", cleared: true"
		}
		s.line("          availability: {%s}", text)
	}
}

// quoted writes texts as YAML lists hold them.
func quoted(list []string) string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strconv.Quote(text)
	}
	return strings.Join(out, ", ")
}

func (s *sheet) register(p place) {
	r := &p.signal.register
	text := fmt.Sprintf("        - {point: %s, table: %s, address: %d", p.point.Name, r.Table, r.Address)
	bitTable := r.Table == config.Coils || r.Table == config.DiscreteInputs
	switch {
	case r.Bit >= 0:
		text += fmt.Sprintf(", bit: %d", r.Bit)
		if r.Bits > 1 {
			text += fmt.Sprintf(", bits: %d", r.Bits)
		}
	case p.bit && !bitTable:
		text += fmt.Sprintf(", type: %s, enum: {0: false, 1: true}", r.Encoding)
	case !bitTable:
		text += ", type: " + string(r.Encoding)
	}
	if r.LowFirst && r.Encoding.Words() > 1 {
		text += ", word_order: little"
	}
	for i, na := range r.NA {
		if i == 0 {
			text += fmt.Sprintf(", na: [%#x]", na)
		}
	}
	s.signals[s.lines+1] = p.signal
	s.line("%s%s}", text, s.transform(p))
}

func (s *sheet) field(p place) {
	text := fmt.Sprintf("            - {point: %s", p.point.Name)
	if p.path != "" {
		text += fmt.Sprintf(", path: %q", p.path)
	}
	if p.bit && p.on != "" {
		text += fmt.Sprintf(", enum: {%q: true, %q: false}", p.on, p.off)
	}
	s.signals[s.lines+1] = p.signal
	s.line("%s%s}", text, s.transform(p))
}

// transform writes how a number becomes the point's, converted into its unit.
func (s *sheet) transform(p place) string {
	if p.bit {
		return ""
	}
	f, add, _ := convert(p.unit, p.point.Unit)
	if p.unit == "" && slices.Contains([]string{"kW", "kvar", "kVA", "kWh", "kvarh", "MPa", "m", "m3/h"}, p.point.Unit) {
		s.note(p.signal.line, "%s: its unit is not said; taken as %s, which is that of %s", p.signal.name, p.point.Unit, p.point.Name)
	}
	if p.told && (f != 1 || add != 0) {
		how := "times " + figure(f)
		if add != 0 {
			how += fmt.Sprintf(" %+.7g", add)
		}
		s.note(p.signal.line, "%s: its unit %s is taken from its name: %s for %s", p.signal.name, p.unit, how, p.point.Unit)
	}
	scale, offset := p.scale*f, p.offset*f+add
	text := ""
	if scale != 1 {
		text += ", scale: " + figure(scale)
	}
	if offset != 0 {
		text += ", offset: " + figure(offset)
	}
	if p.min != nil {
		text += ", min: " + figure(*p.min*f+add)
	}
	if p.max != nil {
		text += ", max: " + figure(*p.max*f+add)
	}
	if p.point.Unit != "" {
		text += fmt.Sprintf(", unit: %q", p.point.Unit)
	}
	return text
}

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
