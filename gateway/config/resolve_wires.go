package config

import (
	"fmt"
	"net"
	"strings"
	"time"

	"steward/gateway/strict"
)

func (r *resolver) resolveBuses() []Bus {
	var out []Bus
	r.loads = map[string]*busLoad{}
	used := map[string]string{} // address to bus
	for i := range r.in.Modbus {
		b := &r.in.Modbus[i]
		bus := Bus{ID: b.ID.V, Timeout: b.Timeout.V, Pause: b.Pause.V, ConnectPause: b.ConnectPause.V}
		if b.URL.V != nil {
			bus.Transport, bus.Address = r.busAddress(b.URL)
		}
		if bus.Transport == ModbusRTU {
			bus.Baud, bus.DataBits, bus.Parity, bus.StopBits = b.Baud.V, b.DataBits.V, b.Parity.V, b.StopBits.V
		} else if bus.Transport != "" {
			for _, key := range []string{"baud", "data_bits", "parity", "stop_bits"} {
				if b.Has(key) {
					r.Add(b.Where(key), "leave it out, or write an rtu:// URL", "%q is for serial lines, not for %s", key, bus.Transport)
				}
			}
		}
		if other, twice := used[bus.Address]; twice && bus.Address != "" {
			r.Add(b.URL.At, "want one bus with all the units behind it", "bus %q already uses %s", other, bus.Address)
		}
		used[bus.Address] = bus.ID
		r.loads[bus.ID] = &busLoad{bus: bus, At: b.URL.At}
		out = append(out, bus)
	}
	return out
}

func (r *resolver) busAddress(a address) (Transport, string) {
	u := a.V
	switch t := Transport(u.Scheme); t {
	case ModbusTCP, ModbusRTUOver:
		if host, _, ok := hostPort(u.Host, 1); ok && host != "" && strings.Trim(u.Path, "/") == "" {
			return t, u.Host
		}
		r.Add(a.At, fmt.Sprintf("want %s://host:port such as %s://10.0.0.5:502", t, t), "%q has no host and port", strict.Cut(u.String()))
		return t, ""
	case ModbusRTU:
		if u.Host == "" && len(u.Path) > 1 {
			return t, u.Path
		}
		r.Add(a.At, "want rtu:///dev/ttyUSB0, with three slashes", "%q has no serial device", strict.Cut(u.String()))
		return t, ""
	}
	r.Add(a.At, r.Suggest(u.Scheme, "transports", []string{"tcp", "rtu", "rtu+tcp"}), "there is no transport %q", strict.Cut(u.Scheme))
	return "", ""
}

func (r *resolver) resolveBrokers() []Broker {
	var out []Broker
	listens := map[string]string{}
	embedded := ""
	for i := range r.in.MQTT {
		b := &r.in.MQTT[i]
		broker := Broker{
			ID: b.ID.V, ClientID: b.ClientID.V, Username: b.Username.V, Password: r.secret(b.Password, b.PasswordFile),
			CAFile: r.file(b.CAFile), KeepAlive: b.KeepAlive.V, QoS: byte(b.QoS.V),
		}
		broker.CertFile, broker.KeyFile = r.pair(b.CertFile, b.KeyFile)
		if !b.ClientID.Set {
			broker.ClientID = "steward-" + r.in.Site.ID.V + "-" + b.ID.V
		}
		if !b.Username.Set && (b.Password.Set || b.PasswordFile.Set) {
			r.Add(b.At, "want username beside it", "a password without a user")
		}
		if b.Broker.V == "embedded" {
			r.embedded(b, &broker)
			if embedded != "" {
				r.Add(b.Broker.At, "want one, with more users", "broker %q is embedded already", embedded)
			}
			embedded = broker.ID
		} else {
			r.external(b, &broker)
		}
		if sp := b.Sparkplug; sp != nil {
			r.sparkplugID("host", sp.Host, b.Broker.V == "embedded")
			broker.Sparkplug = &SparkplugHost{Host: sp.Host.V, Reorder: sp.Reorder.V}
		}
		key := broker.URL + " " + broker.ClientID
		if other, twice := listens[key]; twice && broker.URL != "" {
			r.Add(b.Broker.At, "want another client_id, or one broker", "broker %q already connects there with the same client id, and the two would cut each other off", other)
		}
		listens[key] = broker.ID
		out = append(out, broker)
	}
	return out
}

func (r *resolver) external(b *brokerBlock, out *Broker) {
	for _, key := range []string{"listen", "users", "max_bytes"} {
		if b.Has(key) {
			r.Add(b.Where(key), "leave it out, or write broker: embedded", "%q is for the embedded broker", key)
		}
	}
	if !b.Broker.Set {
		return
	}
	const form = "want embedded, tcp://host:1883 or ssl://host:8883"
	if strings.ContainsAny(b.Broker.V, "@?") {
		r.Add(b.Broker.At, "write username and password under keys of their own", "the broker's URL holds a user, password or query, where secrets must not be")
		return
	}
	scheme, rest, found := strings.Cut(b.Broker.V, "://")
	host, _, ok := hostPort(strings.TrimSuffix(rest, "/"), 1)
	switch {
	case !found || !ok || host == "":
		r.Add(b.Broker.At, form, "%q is not a broker", strict.Cut(b.Broker.V))
	case scheme == "mqtt":
		r.Add(b.Broker.At, "write tcp://"+strict.Cut(rest), "scheme %q is not used here", scheme)
	case scheme == "mqtts" || scheme == "tls":
		r.Add(b.Broker.At, "write ssl://"+strict.Cut(rest), "scheme %q is not used here", scheme)
	case scheme != "tcp" && scheme != "ssl":
		r.Add(b.Broker.At, form, "scheme %q is not a broker's", strict.Cut(scheme))
	default:
		out.URL = scheme + "://" + strings.TrimSuffix(rest, "/")
	}
	if scheme == "tcp" && (b.CAFile.Set || b.CertFile.Set) {
		r.Add(b.Broker.At, "want ssl:// for the certificates beside it", "tcp:// is not encrypted")
	}
}

func (r *resolver) embedded(b *brokerBlock, out *Broker) {
	out.Embedded, out.Listen, out.MaxBytes = true, b.Listen.V, b.MaxBytes.V
	for _, key := range []string{"ca_file", "cert_file", "key_file"} {
		if b.Has(key) {
			r.Add(b.Where(key), "leave it out", "%q is for an external broker", key)
		}
	}
	if host, port, ok := hostPort(b.Listen.V, 0); ok {
		if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
			host = "127.0.0.1"
		}
		out.URL = "tcp://" + net.JoinHostPort(host, port)
	}
	r.noSpace(b.ClientID.Mark, "client_id", out.ClientID)
	names := map[string]strict.At{}
	if b.Username.Set {
		names[b.Username.V] = b.Username.At
	}
	for i := range b.Users {
		u := &b.Users[i]
		if first, twice := names[u.Name.V]; twice && u.Name.Set {
			r.Add(u.Name.At, fmt.Sprintf("want another name; the first is on %s", first), "user %q is there twice", strict.Cut(u.Name.V))
		}
		names[u.Name.V] = u.Name.At
		if !u.Has("password") && !u.Has("password_file") {
			r.Add(u.At, "want password: ${env:NAME} or password_file: PATH", "user %q has no password", strict.Cut(u.Name.V))
		}
		out.Users = append(out.Users, BrokerUser{
			Name: u.Name.V, Password: r.secret(u.Password, u.PasswordFile),
			Publish: r.filters(u.Publish), Subscribe: r.filters(u.Subscribe),
		})
	}
}

// noSpace refuses spaces, which the embedded broker does not take.
func (r *resolver) noSpace(m strict.Mark, what, s string) {
	if strings.ContainsAny(s, " \t") {
		r.Add(m.At, "want one without", "%s %q has a space, which the embedded broker refuses", what, strict.Cut(s))
	}
}

func (r *resolver) filters(list []filter) []string {
	var out []string
	for _, f := range list {
		if f.Set {
			r.noSpace(f.Mark, "topic filter", f.V)
			out = append(out, f.V)
		}
	}
	return out
}

// busLoad adds up what the assets of a bus ask of its line.
type busLoad struct {
	bus   Bus
	At    strict.At
	share float64 // of all time that the line is in use, 1 is all of it
}

// lineTime is the least time one request and its answer take: on a serial
// line every character, two silences and the pause; over TCP next to nothing,
// for there nobody can tell beforehand.
func (l *busLoad) lineTime(q request) time.Duration {
	if l.bus.Transport != ModbusRTU || l.bus.Baud == 0 {
		return 100*time.Microsecond + l.bus.Pause
	}
	bits := 1 + l.bus.DataBits + l.bus.StopBits
	if l.bus.Parity != "N" {
		bits++
	}
	answer := 5 + 2*q.count
	if q.table == Coils || q.table == DiscreteInputs {
		answer = 5 + (q.count+7)/8
	}
	char := float64(time.Second) * float64(bits) / float64(l.bus.Baud)
	silence := max(3.5*char, 1.75*float64(time.Millisecond)) // fixed above 19200 baud
	if l.bus.Baud <= 19200 {
		silence = 3.5 * char
	}
	return time.Duration(char*float64(8+answer)+2*silence) + l.bus.Pause
}
