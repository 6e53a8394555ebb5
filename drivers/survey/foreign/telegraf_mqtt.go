package foreign

import (
	"path"
	"strings"
)

var consumed = strings.Fields(`name_override servers topics username password qos client_id persistent_session connection_timeout
	data_format data_type json_v2 json_time_key json_time_format tag_keys keep_alive max_undelivered_messages topic_tag tags interval
	fieldpass fieldinclude fields json_string_fields log_level`)

func (p *plan) telegrafMQTT(in *value) {
	p.leave(in, "inputs.mqtt_consumer", consumed)
	servers := in.get("servers").items()
	if len(servers) == 0 {
		p.note(in.line, "inputs.mqtt_consumer: left out: it has no servers")
		return
	}
	for _, more := range servers[1:] {
		p.note(more.line, "server %s: left out: one broker an input is carried over", more.text)
	}
	url := servers[0].text
	if !strings.Contains(url, "://") {
		url = "tcp://" + url
	}
	url = strings.NewReplacer("mqtt://", "tcp://", "mqtts://", "ssl://", "tls://", "ssl://").Replace(url)
	user := in.get("username").str("")
	if in.has("password") {
		p.note(in.get("password").line, "password: left out: set the environment variable MQTT_PASSWORD, or write password_file")
	}
	id := p.broker(in.line, url, user, in.get("client_id").str(""))
	for _, t := range in.get("topics").items() {
		if strings.ContainsAny(t.text, "+#$") {
			p.note(t.line, "topic %q: left out: it stands for many devices; write one asset for each, with its own topic", t.text)
			continue
		}
		d := p.device(device{line: t.line, name: in.get("name_override").str(t.text), broker: id})
		p.telegrafPayload(d, in, t)
	}
}

// telegrafPayload finds out what a payload holds.
func (p *plan) telegrafPayload(d *device, in, topic *value) {
	switch format := in.get("data_format").str("influx"); format {
	case "value":
		s := &signal{line: topic.line, name: path.Base(topic.text), topic: topic.text, scale: 1}
		switch kind := in.get("data_type").str("auto_integer"); kind {
		case "bool", "boolean":
			s.bit = true
		case "string":
			p.note(topic.line, "topic %q: left out: a text is no value", topic.text)
			return
		}
		d.add(s)
	case "json":
		names := append(in.get("fieldpass").items(), in.get("fieldinclude").items()...)
		if len(names) == 0 {
			p.note(topic.line, "topic %q: left out: which fields its JSON has is not said; write points: with their paths", topic.text)
		}
		for _, n := range names {
			p.note(n.line, "%s: its place in the payload is guessed from its name", n.text)
			d.add(&signal{line: n.line, name: n.text, topic: topic.text, path: n.text, scale: 1})
		}
	case "json_v2":
		for _, v2 := range in.get("json_v2").items() {
			p.leave(v2, "json_v2", []string{"field", "measurement_name", "timestamp_path", "timestamp_format", "tag"})
			if v2.has("timestamp_path") {
				p.note(v2.get("timestamp_path").line, "timestamp_path: left out: the time of arrival counts; write time: and time_format:")
			}
			for _, f := range v2.get("field").items() {
				where := f.get("path").str("")
				s := &signal{line: f.line, topic: topic.text, path: where, scale: 1}
				s.name = f.get("rename").str(where[strings.LastIndexByte(where, '.')+1:])
				s.bit = f.get("type").str("") == "bool"
				if f.get("type").str("") == "string" || where == "" {
					p.note(f.line, "%s: left out: a text is no value", s.name)
					continue
				}
				d.add(s)
			}
		}
	default:
		p.note(topic.line, "topic %q: left out: data_format %q is not read", topic.text, format)
	}
}
