package config

import (
	"fmt"
	"net"
	"strings"
	"time"
)

func (r *resolver) resolveBuses() []Bus {
	var out []Bus
	r.loads = map[string]*busLoad{}
	used := map[string]string{} // address to bus
	for i := range r.in.Modbus {
		b := &r.in.Modbus[i]
		bus := Bus{ID: b.ID.v, Timeout: b.Timeout.v, Pause: b.Pause.v, ConnectPause: b.ConnectPause.v}
		if b.URL.v != nil {
			bus.Transport, bus.Address = r.busAddress(b.URL)
		}
		if bus.Transport == ModbusRTU {
			bus.Baud, bus.DataBits, bus.Parity, bus.StopBits = b.Baud.v, b.DataBits.v, b.Parity.v, b.StopBits.v
		} else if bus.Transport != "" {
			for _, key := range []string{"baud", "data_bits", "parity", "stop_bits"} {
				if b.has(key) {
					r.add(b.where(key), "leave it out, or write an rtu:// URL", "%q is for serial lines, not for %s", key, bus.Transport)
				}
			}
		}
		if other, twice := used[bus.Address]; twice && bus.Address != "" {
			r.add(b.URL.at, "want one bus with all the units behind it", "bus %q already uses %s", other, bus.Address)
		}
		used[bus.Address] = bus.ID
		r.loads[bus.ID] = &busLoad{bus: bus, at: b.URL.at}
		out = append(out, bus)
	}
	return out
}

func (r *resolver) busAddress(a address) (Transport, string) {
	u := a.v
	switch t := Transport(u.Scheme); t {
	case ModbusTCP, ModbusRTUOver:
		if host, _, ok := hostPort(u.Host, 1); ok && host != "" && strings.Trim(u.Path, "/") == "" {
			return t, u.Host
		}
		r.add(a.at, fmt.Sprintf("want %s://host:port such as %s://10.0.0.5:502", t, t), "%q has no host and port", cut(u.String()))
		return t, ""
	case ModbusRTU:
		if u.Host == "" && len(u.Path) > 1 {
			return t, u.Path
		}
		r.add(a.at, "want rtu:///dev/ttyUSB0, with three slashes", "%q has no serial device", cut(u.String()))
		return t, ""
	}
	r.add(a.at, r.suggest(u.Scheme, "transports", []string{"tcp", "rtu", "rtu+tcp"}), "there is no transport %q", cut(u.Scheme))
	return "", ""
}

func (r *resolver) resolveBrokers() []Broker {
	var out []Broker
	listens := map[string]string{}
	embedded := ""
	for i := range r.in.MQTT {
		b := &r.in.MQTT[i]
		broker := Broker{
			ID: b.ID.v, ClientID: b.ClientID.v, Username: b.Username.v, Password: r.secret(b.Password, b.PasswordFile),
			CAFile: r.file(b.CAFile), KeepAlive: b.KeepAlive.v, QoS: byte(b.QoS.v),
		}
		broker.CertFile, broker.KeyFile = r.pair(b.CertFile, b.KeyFile)
		if !b.ClientID.set {
			broker.ClientID = "steward-" + r.in.Site.ID.v + "-" + b.ID.v
		}
		if !b.Username.set && (b.Password.set || b.PasswordFile.set) {
			r.add(b.at, "want username beside it", "a password without a user")
		}
		if b.Broker.v == "embedded" {
			r.embedded(b, &broker)
			if embedded != "" {
				r.add(b.Broker.at, "want one, with more users", "broker %q is embedded already", embedded)
			}
			embedded = broker.ID
		} else {
			r.external(b, &broker)
		}
		key := broker.URL + " " + broker.ClientID
		if other, twice := listens[key]; twice && broker.URL != "" {
			r.add(b.Broker.at, "want another client_id, or one broker", "broker %q already connects there with the same client id, and the two would cut each other off", other)
		}
		listens[key] = broker.ID
		out = append(out, broker)
	}
	return out
}

func (r *resolver) external(b *brokerBlock, out *Broker) {
	for _, key := range []string{"listen", "users", "max_bytes"} {
		if b.has(key) {
			r.add(b.where(key), "leave it out, or write broker: embedded", "%q is for the embedded broker", key)
		}
	}
	if !b.Broker.set {
		return
	}
	const form = "want embedded, tcp://host:1883 or ssl://host:8883"
	if strings.ContainsAny(b.Broker.v, "@?") {
		r.add(b.Broker.at, "write username and password under keys of their own", "the broker's URL holds a user, password or query, where secrets must not be")
		return
	}
	scheme, rest, found := strings.Cut(b.Broker.v, "://")
	host, _, ok := hostPort(strings.TrimSuffix(rest, "/"), 1)
	switch {
	case !found || !ok || host == "":
		r.add(b.Broker.at, form, "%q is not a broker", cut(b.Broker.v))
	case scheme == "mqtt":
		r.add(b.Broker.at, "write tcp://"+cut(rest), "scheme %q is not used here", scheme)
	case scheme == "mqtts" || scheme == "tls":
		r.add(b.Broker.at, "write ssl://"+cut(rest), "scheme %q is not used here", scheme)
	case scheme != "tcp" && scheme != "ssl":
		r.add(b.Broker.at, form, "scheme %q is not a broker's", cut(scheme))
	default:
		out.URL = scheme + "://" + strings.TrimSuffix(rest, "/")
	}
	if scheme == "tcp" && (b.CAFile.set || b.CertFile.set) {
		r.add(b.Broker.at, "want ssl:// for the certificates beside it", "tcp:// is not encrypted")
	}
}

func (r *resolver) embedded(b *brokerBlock, out *Broker) {
	out.Embedded, out.Listen, out.MaxBytes = true, b.Listen.v, b.MaxBytes.v
	for _, key := range []string{"ca_file", "cert_file", "key_file"} {
		if b.has(key) {
			r.add(b.where(key), "leave it out", "%q is for an external broker", key)
		}
	}
	if host, port, ok := hostPort(b.Listen.v, 0); ok {
		if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
			host = "127.0.0.1"
		}
		out.URL = "tcp://" + net.JoinHostPort(host, port)
	}
	r.noSpace(b.ClientID.mark, "client_id", out.ClientID)
	names := map[string]at{}
	if b.Username.set {
		names[b.Username.v] = b.Username.at
	}
	for i := range b.Users {
		u := &b.Users[i]
		if first, twice := names[u.Name.v]; twice && u.Name.set {
			r.add(u.Name.at, fmt.Sprintf("want another name; the first is on %s", first), "user %q is there twice", cut(u.Name.v))
		}
		names[u.Name.v] = u.Name.at
		if !u.has("password") && !u.has("password_file") {
			r.add(u.at, "want password: ${env:NAME} or password_file: PATH", "user %q has no password", cut(u.Name.v))
		}
		out.Users = append(out.Users, BrokerUser{
			Name: u.Name.v, Password: r.secret(u.Password, u.PasswordFile),
			Publish: r.filters(u.Publish), Subscribe: r.filters(u.Subscribe),
		})
	}
}

// noSpace refuses spaces, which the embedded broker does not take.
func (r *resolver) noSpace(m mark, what, s string) {
	if strings.ContainsAny(s, " \t") {
		r.add(m.at, "want one without", "%s %q has a space, which the embedded broker refuses", what, cut(s))
	}
}

func (r *resolver) filters(list []filter) []string {
	var out []string
	for _, f := range list {
		if f.set {
			r.noSpace(f.mark, "topic filter", f.v)
			out = append(out, f.v)
		}
	}
	return out
}

// busLoad adds up what the assets of a bus ask of its line.
type busLoad struct {
	bus   Bus
	at    at
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
