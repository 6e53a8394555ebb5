package config

import (
	"strings"

	"steward/gateway"
)

func (r *resolver) resolveAreas() []gateway.Area {
	var out []gateway.Area
	parent := map[string][]string{}
	for i := range r.in.Areas {
		b := &r.in.Areas[i]
		if b.Parent.set && r.refer(&r.areas, "area", b.Parent) {
			parent[b.ID.v] = []string{b.Parent.v}
		}
		out = append(out, gateway.Area{ID: b.ID.v, Parent: b.Parent.v, Name: b.Name.or(b.ID.v)})
	}
	for _, id := range cycle(r.areas.names, func(id string) []string { return parent[id] }) {
		r.add(r.areas.where[id], "want parents that end at the top", "area %q is part of itself", id)
	}
	return out
}

func (r *resolver) resolveUnits() []Unit {
	var out []Unit
	for i := range r.in.Units {
		b := &r.in.Units[i]
		r.refer(&r.areas, "area", b.Area)
		out = append(out, Unit{ID: b.ID.v, Area: b.Area.v, Name: b.Name.or(b.ID.v), Vacant: b.Vacant.v})
	}
	return out
}

func (r *resolver) resolveHTTP() HTTP {
	h := HTTP{Listen: r.in.HTTP.Listen.v}
	if t := r.in.TLS; t != nil {
		h.CertFile, h.KeyFile = r.file(t.CertFile), r.file(t.KeyFile)
	}
	return h
}

// file returns a file's path seen from here, and checks that it can be read.
func (r *resolver) file(f path) string {
	if !f.set {
		return ""
	}
	if _, err := r.read(f.in(r.dir)); err != nil {
		r.add(f.at, "want a file this program may read", "file %q %v", cut(f.v), err)
	}
	return f.in(r.dir)
}

// pair returns a certificate and its key, which come together or not at all.
func (r *resolver) pair(cert, key path) (string, string) {
	if cert.set != key.set {
		have, miss := cert, "key_file"
		if key.set {
			have, miss = key, "cert_file"
		}
		r.add(have.at, "want "+miss+" beside it", "a certificate and its key come together")
	}
	return r.file(cert), r.file(key)
}

const maxSecret = 4 << 10 // bytes

// secret reads a secret from where the file says. Nothing of it is ever part
// of a message.
func (r *resolver) secret(s secret, f path) string {
	switch {
	case s.set && f.set:
		r.add(f.at, "keep one of them", "the secret comes from the environment and from a file")
	case s.set:
		v, ok := "", false
		if r.env != nil {
			v, ok = r.env(s.env)
		}
		switch {
		case !ok:
			r.add(s.at, "set it before starting", "environment variable %s is not set", s.env)
		case v == "":
			r.add(s.at, "want a secret in it", "environment variable %s is empty", s.env)
		}
		return v
	case f.set:
		data, err := r.read(f.in(r.dir))
		if err != nil {
			r.add(f.at, "want a file this program may read", "file %q %v", cut(f.v), err)
			return ""
		}
		v := strings.TrimRight(string(data), "\r\n")
		if v == "" || len(v) > maxSecret || strings.ContainsAny(v, "\r\n\x00") {
			r.add(f.at, "want one line with the secret", "file %q does not hold a secret", cut(f.v))
			return ""
		}
		return v
	}
	return ""
}

func (r *resolver) resolveHistory() History {
	b := &r.in.History
	h := History{Store: b.Store.v}
	if h.Store != "influxdb" {
		h.Retention = b.Retention.v
		return h
	}
	if b.Retention.set {
		r.add(b.Retention.at, "leave it out: the bucket's own retention holds", "retention is for the embedded store")
	}
	if r.in.InfluxDB == nil {
		r.add(b.Store.at, "want an influxdb: block, or store: embedded", "history is read from InfluxDB, but there is none")
	}
	return h
}

func (r *resolver) resolveInflux() *InfluxDB {
	b := r.in.InfluxDB
	if b == nil {
		return nil
	}
	out := &InfluxDB{
		Org: b.Org.l.text, Bucket: b.Bucket.v, Token: r.secret(b.Token, b.TokenFile), CAFile: r.file(b.CAFile),
		Flush: b.Flush.v, MaxBatch: b.MaxBatch.v, Drain: b.Drain.v,
	}
	if u := b.URL.v; u != nil {
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			r.add(b.URL.at, "want a URL such as http://127.0.0.1:8086", "%q is not the URL of an InfluxDB", cut(u.String()))
		}
		out.URL = strings.TrimSuffix(u.String(), "/")
	}
	return out
}
