package foreign

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// homieTopic is a device's description as mosquitto_sub -v writes it: the
// topic, a blank, and the payload, which may go on over lines.
var homieTopic = regexp.MustCompile(`(?m)^(\S+/5)/([a-z0-9-]+)/\$description (\{)`)

// The states of a Homie device that is there, and of one that is gone. Asleep
// it is not gone.
var (
	homieHere = []string{"init", "ready", "sleeping"}
	homieGone = []string{"disconnected", "lost"}
)

// Homie reads the descriptions of Homie 5 devices, as this prints them:
//
//	mosquitto_sub -v -W 3 -t 'homie/5/+/$description'
//
// Each node becomes an asset with its properties' names, units and ranges;
// file is its name in messages.
func Homie(file string, data []byte, o Options) (Result, error) {
	p := newPlan("Homie descriptions", o)
	text := string(data)
	found := homieTopic.FindAllStringSubmatchIndex(text, -1)
	broker := p.broker(1, "tcp://127.0.0.1:1883", "", "")
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		lines := strings.Count(text[:at[6]], "\n")
		root, err := readYAML(file, []byte(strings.Repeat("\n", lines)+text[at[6]:end])) // JSON is YAML, and has lines
		if err != nil {
			return Result{}, err
		}
		p.homieDevice(broker, text[at[2]:at[3]], text[at[4]:at[5]], root)
	}
	if len(p.devices) == 0 {
		return Result{Left: p.notes}, fmt.Errorf("%s: no description of a Homie 5 device is in it: want what mosquitto_sub -v -W 3 -t 'homie/5/+/$description' prints", file)
	}
	p.note(1, "the broker is not in the file; taken as tcp://127.0.0.1:1883")
	return p.finish()
}

func (p *plan) homieDevice(broker, domain, id string, root *value) {
	name := root.get("name").str(id)
	if parent := root.get("root").str(root.get("parent").str("")); parent != "" {
		p.note(root.line, "%s: it is lost with %s: add the topic %s/%s/$state with the same availability", name, parent, domain, parent)
	}
	nodes := root.get("nodes")
	for _, node := range nodes.order {
		n := nodes.get(node)
		d := p.device(device{line: n.line, name: strings.TrimSpace(name + " " + n.get("name").str(node)), broker: broker, onChange: true,
			offline: &online{topic: domain + "/" + id + "/$state", on: homieHere, off: homieGone, cleared: true}})
		properties := n.get("properties")
		for _, property := range properties.order {
			if s := p.homieProperty(property, properties.get(property)); s != nil {
				s.topic = strings.Join([]string{domain, id, node, property}, "/")
				d.add(s)
			}
		}
	}
}

// homieProperty makes a signal of a property, nil where it cannot be one.
func (p *plan) homieProperty(id string, v *value) *signal {
	s := &signal{line: v.line, name: v.get("name").str(id), unit: v.get("unit").str(""), scale: 1}
	format := v.get("format").str("")
	switch kind := v.get("datatype").str(""); kind {
	case "boolean":
		s.bit, s.on, s.off = true, "true", "false"
	case "integer", "float":
		for i, part := range strings.Split(format, ":") {
			n, err := strconv.ParseFloat(part, 64)
			if err == nil && i < 2 {
				*[]**float64{&s.min, &s.max}[i] = &n
			}
		}
	case "enum":
		p.note(v.line, "%s: left out: an enum; write what %s mean with enum: {…}", s.name, format)
		return nil
	default:
		p.note(v.line, "%s: left out: a %s is no value", s.name, kind)
		return nil
	}
	if v.has("retained") && v.get("retained").str("") == "false" {
		p.note(v.get("retained").line, "%s: left out: an event, which never says that it is over", s.name)
		return nil
	}
	if s.unit == "#" { // a count, by the convention
		s.unit = ""
	}
	if plain(s.name) == "" { // a name without Latin letters says nothing to guess by
		s.name = id
	}
	return s
}
