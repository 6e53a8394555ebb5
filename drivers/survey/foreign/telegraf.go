package foreign

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"steward/gateway/config"
)

// Telegraf reads inputs.modbus and inputs.mqtt_consumer of a Telegraf
// configuration; file is its name in messages.
func Telegraf(file string, data []byte, o Options) (Result, error) {
	root, err := readTOML(file, data)
	if err != nil {
		return Result{}, err
	}
	p := newPlan("Telegraf", o)
	interval := duration(root.get("agent").get("interval"))
	inputs := root.get("inputs")
	for _, name := range inputs.order {
		for _, in := range inputs.get(name).items() {
			switch name {
			case "modbus":
				p.telegrafModbus(in, interval)
			case "mqtt_consumer":
				p.telegrafMQTT(in)
			default:
				p.note(in.line, "inputs.%s: only inputs.modbus and inputs.mqtt_consumer are carried over", name)
			}
		}
	}
	for _, section := range root.order {
		if section == "inputs" || section == "agent" || section == "global_tags" {
			continue
		}
		p.note(root.get(section).line, "%s: left out: what is done with the values is the gateway's own", section)
	}
	if len(p.devices) == 0 {
		return Result{Left: p.notes}, fmt.Errorf("%s: nothing in it can be carried over", file)
	}
	return p.finish()
}

func duration(v *value) time.Duration {
	if v.kind == isNumber {
		return time.Duration(v.float(0) * float64(time.Second))
	}
	d, err := time.ParseDuration(v.str(""))
	if err != nil {
		return 0
	}
	return d
}

// carried are the keys of inputs.modbus that mean something here; those that
// are not are told.
var carried = strings.Fields(`name name_override controller slave_id timeout baud_rate data_bits parity stop_bits transmission_mode
	interval configuration_type discrete_inputs coils holding_registers input_registers request metric workarounds busy_retries
	busy_retries_wait debug_connection log_level tags`)

func (p *plan) leave(in *value, where string, known []string) {
	for _, k := range in.order {
		if !slices.Contains(known, k) {
			p.note(in.get(k).line, "%s.%s: left out", where, k)
		}
	}
}

func (p *plan) telegrafModbus(in *value, interval time.Duration) {
	p.leave(in, "inputs.modbus", carried)
	bus, ok := p.telegrafBus(in)
	if !ok {
		return
	}
	if in.has("interval") {
		interval = duration(in.get("interval"))
	}
	d := device{line: in.line, name: in.get("name").str("modbus"), bus: p.bus(in.line, bus), unit: in.get("slave_id").int(1), interval: interval}
	style := in.get("configuration_type").str("register")
	switch style {
	case "register":
		for _, name := range []string{"coils", "discrete_inputs", "holding_registers", "input_registers"} {
			for _, f := range in.get(name).items() {
				p.telegrafRegister(p.device(d), name, f)
			}
		}
	case "request", "metric":
		for _, block := range in.get(style).items() {
			x := d
			x.unit = block.get("slave_id").int(d.unit)
			if m := block.get("measurement").str(""); m != "" && m != "modbus" {
				x.name = m
			}
			to := p.device(x)
			for _, f := range block.get("fields").items() {
				p.telegrafField(to, block, f, style)
			}
		}
	default:
		p.note(in.get("configuration_type").line, "configuration_type %q: left out", style)
	}
}

func (p *plan) telegrafBus(in *value) (config.Bus, bool) {
	c := in.get("controller")
	u, err := url.Parse(c.str(""))
	b := config.Bus{Timeout: duration(in.get("timeout"))}
	b.Pause = duration(in.get("workarounds").get("pause_between_requests"))
	b.ConnectPause = duration(in.get("workarounds").get("pause_after_connect"))
	mode := strings.ToLower(in.get("transmission_mode").str(""))
	switch {
	case err != nil || strings.HasPrefix(mode, "ascii"):
		p.note(c.line, "controller %q, transmission_mode %q: left out with all its registers", c.str(""), mode)
		return b, false
	case u.Scheme == "tcp" && mode == "rtuovertcp":
		b.Transport, b.Address = config.ModbusRTUOver, u.Host
	case u.Scheme == "tcp":
		b.Transport, b.Address = config.ModbusTCP, u.Host
	case u.Scheme == "file" || u.Scheme == "":
		b.Transport, b.Address = config.ModbusRTU, u.Path
		b.Baud, b.DataBits, b.StopBits = in.get("baud_rate").int(9600), in.get("data_bits").int(8), in.get("stop_bits").int(1)
		b.Parity = strings.ToUpper(in.get("parity").str("N")[:1])
	default:
		p.note(c.line, "controller %q: left out with all its registers: want tcp:// or file://", c.str(""))
		return b, false
	}
	return b, true
}

// telegrafRegister reads one entry of the plugin's first style.
func (p *plan) telegrafRegister(d *device, list string, f *value) {
	s := &signal{line: f.line, name: f.get("name").str(""), scale: f.get("scale").float(1)}
	s.register = config.Register{Bit: -1, Verified: true}
	s.register.Table = map[string]config.Table{"coils": config.Coils, "discrete_inputs": config.DiscreteInputs,
		"holding_registers": config.HoldingRegisters, "input_registers": config.InputRegisters}[list]
	addresses := f.get("address").items()
	if len(addresses) == 0 {
		p.note(f.line, "%s: left out: it has no address", s.name)
		return
	}
	first := addresses[0].int(-1)
	for i, a := range addresses {
		if a.int(-1) != first+i {
			p.note(f.line, "%s: left out: its registers do not follow one another", s.name)
			return
		}
	}
	if s.register.Table <= config.DiscreteInputs {
		s.bit, s.register.Encoding = true, config.EncBool
	} else if !p.telegrafType(s, f.get("data_type").str("UINT16"), f.get("byte_order").str("ABCD"), len(addresses), f.get("bit").int(-1)) {
		return
	}
	p.address(d, s, first)
}

// address completes a signal.
func (p *plan) address(d *device, s *signal, first int) {
	if first < 0 || first > 65535 {
		p.note(s.line, "%s: left out: address %d", s.name, first)
		return
	}
	s.register.Address = uint16(first)
	d.add(s)
}

// telegrafField reads one field of the request and metric styles.
func (p *plan) telegrafField(d *device, block, f *value, style string) {
	if f.get("omit").str("") == "true" {
		return
	}
	s := &signal{line: f.line, name: f.get("name").str(""), scale: f.get("scale").float(1)}
	s.register = config.Register{Bit: -1, Verified: true}
	from := block
	if style == "metric" {
		from = f
	}
	table, ok := map[string]config.Table{"coil": config.Coils, "discrete": config.DiscreteInputs,
		"holding": config.HoldingRegisters, "input": config.InputRegisters}[from.get("register").str("holding")]
	if !ok {
		p.note(f.line, "%s: left out: register %q", s.name, from.get("register").str(""))
		return
	}
	s.register.Table = table
	if table <= config.DiscreteInputs {
		s.bit, s.register.Encoding = true, config.EncBool
	} else if !p.telegrafType(s, f.get("type").str(""), block.get("byte_order").str("ABCD"), 0, f.get("bit").int(0)) {
		return
	}
	p.address(d, s, f.get("address").int(-1))
}

var telegrafTypes = map[string]config.Encoding{
	"INT8L": config.EncInt8, "UINT8L": config.EncUint8, "INT16": config.EncInt16, "UINT16": config.EncUint16,
	"INT32": config.EncInt32, "UINT32": config.EncUint32, "INT64": config.EncInt64, "UINT64": config.EncUint64,
	"FLOAT32-IEEE": config.EncFloat32, "FLOAT64-IEEE": config.EncFloat64, "FLOAT64": config.EncFloat64,
}

// telegrafType finds how a field's registers make a number; words is how many
// it has where the style says so, else 0.
func (p *plan) telegrafType(s *signal, name, order string, words, bit int) bool {
	r := &s.register
	switch {
	case name == "BIT":
		r.Encoding, r.Bit, r.Bits, s.bit = config.EncBool, max(bit, 0), 1, true
	case name == "UINT8H":
		r.Encoding, r.Bit, r.Bits = config.EncUint16, 8, 8
	case name == "FLOAT32" && words == 0:
		r.Encoding = config.EncFloat32
	case name == "FIXED":
		r.Encoding = map[int]config.Encoding{1: config.EncInt16, 2: config.EncInt32, 4: config.EncInt64}[words]
	case name == "UFIXED" || name == "FLOAT32": // the second is an old name of the first
		r.Encoding = map[int]config.Encoding{1: config.EncUint16, 2: config.EncUint32, 4: config.EncUint64}[words]
	default:
		r.Encoding = telegrafTypes[name]
	}
	switch {
	case r.Encoding == "":
		p.note(s.line, "%s: left out: type %q cannot be read", s.name, name)
		return false
	case words > 0 && r.Encoding.Words() != words:
		p.note(s.line, "%s: left out: %s takes %d registers, but it has %d", s.name, name, r.Encoding.Words(), words)
		return false
	}
	switch order {
	case "AB", "ABCD", "ABCDEFGH", "":
	case "CDAB", "GHEFCDAB":
		r.LowFirst = true
	default:
		if r.Encoding.Words() == 1 && (order == "DCBA" || order == "BADC") || order != "" {
			p.note(s.line, "%s: left out: byte order %s swaps the bytes of a register, which no device here does", s.name, order)
			return false
		}
	}
	return true
}
