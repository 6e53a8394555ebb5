package foreign

import (
	"fmt"
	"net"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway/config"
)

// HomeAssistant reads the modbus and mqtt sections of a Home Assistant
// configuration; file is its name in messages.
func HomeAssistant(file string, data []byte, o Options) (Result, error) {
	root, err := readYAML(file, data)
	if err != nil {
		return Result{}, err
	}
	p := newPlan("Home Assistant", o)
	for _, section := range root.order {
		v := root.get(section)
		switch section {
		case "modbus":
			for _, hub := range v.items() {
				p.hub(hub)
			}
		case "mqtt":
			p.homeMQTT(v)
		default:
			p.note(v.line, "%s: only modbus and mqtt are carried over", section)
		}
	}
	if len(p.devices) == 0 {
		return Result{Left: p.notes}, fmt.Errorf("%s: nothing in it can be carried over", file)
	}
	return p.finish()
}

// seconds reads a number of seconds.
func seconds(v *value) time.Duration { return time.Duration(v.float(0) * float64(time.Second)) }

// hub reads one Modbus line with its entities.
func (p *plan) hub(hub *value) {
	b := config.Bus{Timeout: seconds(hub.get("timeout")), ConnectPause: seconds(hub.get("delay")),
		Pause: time.Duration(hub.get("message_wait_milliseconds").float(0) * float64(time.Millisecond))}
	switch kind := hub.get("type").str(""); kind {
	case "tcp", "rtuovertcp":
		b.Transport = config.ModbusTCP
		if kind == "rtuovertcp" {
			b.Transport = config.ModbusRTUOver
		}
		b.Address = net.JoinHostPort(hub.get("host").str(""), hub.get("port").str("502"))
	case "serial":
		b.Transport, b.Address = config.ModbusRTU, hub.get("port").str("")
		b.Baud, b.DataBits, b.StopBits = hub.get("baudrate").int(9600), hub.get("bytesize").int(8), hub.get("stopbits").int(1)
		b.Parity = hub.get("parity").str("N")
	default:
		p.note(hub.line, "modbus of type %q: left out with all its entities", kind)
		return
	}
	bus := p.bus(hub.line, b)
	for _, key := range hub.order {
		list := hub.get(key)
		switch key {
		case "sensors", "binary_sensors":
			for _, e := range list.items() {
				p.entity(bus, hub.get("name").str("modbus"), e, key == "binary_sensors")
			}
		case "climates", "covers", "fans", "lights", "switches":
			for _, e := range list.items() {
				p.note(e.line, "%s: %s: left out: it is for control, and the gateway only reads", key, e.get("name").str(""))
			}
		}
	}
}

var homeTypes = map[string]config.Encoding{
	"int16": config.EncInt16, "uint16": config.EncUint16, "int32": config.EncInt32, "uint32": config.EncUint32, "int64": config.EncInt64,
	"uint64": config.EncUint64, "float32": config.EncFloat32, "float64": config.EncFloat64,
	"int": config.EncInt16, "uint": config.EncUint16, "float": config.EncFloat32,
}

// entity reads one sensor of a hub.
func (p *plan) entity(bus, hub string, e *value, bit bool) {
	s := p.common(e, bit)
	unit := e.get("slave").int(e.get("device_address").int(1))
	s.register = config.Register{Bit: -1, Verified: true}
	table, ok := map[string]config.Table{"holding": config.HoldingRegisters, "input": config.InputRegisters,
		"coil": config.Coils, "discrete_input": config.DiscreteInputs}[e.get("input_type").str(map[bool]string{true: "coil", false: "holding"}[bit])]
	if !ok {
		p.note(e.line, "%s: left out: input_type %q", s.name, e.get("input_type").str(""))
		return
	}
	s.register.Table, s.register.Encoding = table, config.EncBool
	switch {
	case table <= config.DiscreteInputs:
		s.bit = true
	case bit:
		s.register.Encoding, s.register.Bit, s.register.Bits = config.EncBool, 0, 1
	default:
		kind := e.get("data_type").str("int16")
		if s.register.Encoding, ok = homeTypes[kind]; !ok {
			p.note(e.line, "%s: left out: data_type %q cannot be read", s.name, kind)
			return
		}
	}
	switch swap := e.get("swap").str("none"); swap {
	case "none":
	case "word":
		s.register.LowFirst = true
	default:
		p.note(e.get("swap").line, "%s: left out: swap %q swaps the bytes of a register, which no device here does", s.name, swap)
		return
	}
	if e.has("nan_value") {
		if na, err := strconv.ParseUint(e.get("nan_value").str(""), 0, 64); err == nil {
			s.register.NA = []uint64{na}
		}
	}
	for _, k := range []string{"virtual_count", "slave_count", "zero_suppress", "structure"} {
		if e.has(k) {
			p.note(e.get(k).line, "%s: %s left out", s.name, k)
		}
	}
	interval := seconds(e.get("scan_interval"))
	if interval == 0 {
		interval = 15 * time.Second // Home Assistant's own
	}
	d := p.device(device{line: e.line, name: hub + " " + strconv.Itoa(unit), bus: bus, unit: unit, interval: interval})
	p.address(d, s, e.get("address").int(-1))
}

// common reads what all entities have.
func (p *plan) common(e *value, bit bool) *signal {
	s := &signal{line: e.line, name: e.get("name").str(e.get("unique_id").str("unnamed")), unit: e.get("unit_of_measurement").str(""),
		class: e.get("device_class").str(""), bit: bit, scale: e.get("scale").float(1), offset: e.get("offset").float(0)}
	for key, to := range map[string]**float64{"min_value": &s.min, "max_value": &s.max} {
		if e.has(key) {
			v := e.get(key).float(0)
			*to = &v
		}
	}
	return s
}

// homeMQTT reads mqtt: with entities by domain, or the same in a list.
func (p *plan) homeMQTT(v *value) {
	url, user := "tcp://127.0.0.1:1883", ""
	if v.has("broker") {
		url = "tcp://" + net.JoinHostPort(v.get("broker").str(""), v.get("port").str("1883"))
		user = v.get("username").str("")
	} else {
		p.note(v.line, "mqtt: its broker is not in the file; taken as %s", url)
	}
	if v.has("password") {
		p.note(v.get("password").line, "password: left out: set the environment variable MQTT_PASSWORD, or write password_file")
	}
	id := p.broker(v.line, url, user, "")
	for _, part := range v.items() {
		for _, domain := range part.order {
			switch domain {
			case "broker", "port", "username", "password":
				continue
			case "sensor", "binary_sensor":
				for _, e := range part.get(domain).items() {
					p.topic(id, e, domain == "binary_sensor")
				}
				continue
			}
			if part.get(domain).kind == isTable || part.get(domain).kind == isList {
				for _, e := range part.get(domain).items() {
					p.note(e.line, "%s %s: left out: only sensor and binary_sensor are read", domain, e.get("name").str(""))
				}
				continue
			}
			p.note(part.get(domain).line, "%s: left out", domain)
		}
	}
}

// topic reads one MQTT sensor.
func (p *plan) topic(broker string, e *value, bit bool) {
	s := p.common(e, bit)
	s.topic = e.get("state_topic").str("")
	if s.topic == "" || strings.ContainsAny(s.topic, "+#") {
		p.note(e.line, "%s: left out: state_topic is %q", s.name, s.topic)
		return
	}
	if bit {
		s.on, s.off = e.get("payload_on").str("ON"), e.get("payload_off").str("OFF")
	}
	if t := e.get("value_template").str(""); t != "" && !s.template(t) {
		p.note(e.get("value_template").line, "%s: left out: the template %q does more than name a place", s.name, t)
		return
	}
	name := e.get("device").get("name").str("")
	if name == "" {
		name = s.topic
		if s.path == "" && strings.Contains(s.topic, "/") {
			name = path.Dir(s.topic) // one value a topic: its neighbours are the same device's
		}
	}
	d := p.device(device{line: e.line, name: name, broker: broker})
	p.availability(d, e)
	for _, k := range []string{"expire_after", "json_attributes_topic", "last_reset_value_template", "off_delay"} {
		if e.has(k) {
			p.note(e.get(k).line, "%s: %s left out", s.name, k)
		}
	}
	d.add(s)
}

func (p *plan) availability(d *device, e *value) {
	for _, a := range append(e.get("availability").items(), e) {
		topic := a.get("topic").str("")
		if a == e {
			topic = e.get("availability_topic").str("")
		}
		if topic == "" {
			continue
		}
		o := &online{topic: topic, on: []string{a.get("payload_available").str("online")}, off: []string{a.get("payload_not_available").str("offline")}}
		t := a.get("value_template").str(a.get("availability_template").str(""))
		if a == e {
			t = e.get("availability_template").str("")
		}
		var place signal
		if t != "" && !place.template(t) {
			p.note(a.line, "availability of %s: left out: the template %q does more than name a place", d.name, t)
			continue
		}
		o.path = place.path
		if d.offline != nil && !reflect.DeepEqual(d.offline, o) {
			p.note(a.line, "availability topic %q: left out: %s has one already", topic, d.name)
			continue
		}
		d.offline = o
	}
}

var (
	templateForm = regexp.MustCompile(`^\{\{-?\s*(value_json|value)((?:\.[A-Za-z_]\w*|\[['"]?[^\]'"]+['"]?\])*)\s*([*/]\s*[0-9.]+)?\s*((?:\|[^|}]*)*)-?\}\}$`)
	templatePart = regexp.MustCompile(`\.([A-Za-z_]\w*)|\[['"]?([^\]'"]+)['"]?\]`)
)

// template reads {{ value_json.a['b'] / 10 | float | round(1) }}; false where
// it does anything else.
func (s *signal) template(text string) bool {
	m := templateForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || (m[1] == "value") != (m[2] == "") {
		return false
	}
	for filter := range strings.SplitSeq(m[4], "|") {
		name, _, _ := strings.Cut(strings.TrimSpace(filter), "(")
		if !slices.Contains([]string{"", "float", "int", "round", "default", "is_defined"}, strings.TrimSpace(name)) {
			return false
		}
	}
	var keys []string
	for _, part := range templatePart.FindAllStringSubmatch(m[2], -1) {
		key := part[1] + part[2]
		keys = append(keys, strings.NewReplacer(".", `\.`, "*", `\*`, "?", `\?`).Replace(key))
	}
	s.path = strings.Join(keys, ".")
	if m[3] != "" {
		f, err := strconv.ParseFloat(strings.TrimSpace(m[3][1:]), 64)
		if err != nil || f == 0 {
			return false
		}
		if m[3][0] == '/' {
			f = 1 / f
		}
		s.scale *= f
	}
	return true
}
