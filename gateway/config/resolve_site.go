package config

import (
	"strings"

	"steward/gateway"
	"steward/gateway/strict"
)

func (r *resolver) resolveAreas() []gateway.Area {
	var out []gateway.Area
	parent := map[string][]string{}
	for i := range r.in.Areas {
		b := &r.in.Areas[i]
		if b.Parent.Set && r.refer(&r.areas, "area", b.Parent) {
			parent[b.ID.V] = []string{b.Parent.V}
		}
		out = append(out, gateway.Area{ID: b.ID.V, Parent: b.Parent.V, Name: b.Name.Or(b.ID.V)})
	}
	for _, id := range cycle(r.areas.names, func(id string) []string { return parent[id] }) {
		r.Add(r.areas.where[id], "want parents that end at the top", "area %q is part of itself", id)
	}
	return out
}

func (r *resolver) resolveUnits() []Unit {
	var out []Unit
	for i := range r.in.Units {
		b := &r.in.Units[i]
		r.refer(&r.areas, "area", b.Area)
		out = append(out, Unit{ID: b.ID.V, Area: b.Area.V, Name: b.Name.Or(b.ID.V), Vacant: b.Vacant.V})
	}
	return out
}

func (r *resolver) resolveHTTP() HTTP {
	h := HTTP{Listen: r.in.HTTP.Listen.V}
	if t := r.in.TLS; t != nil {
		h.CertFile, h.KeyFile = r.file(t.CertFile), r.file(t.KeyFile)
	}
	return h
}

// file returns a file's path seen from here, and checks that it can be read.
func (r *resolver) file(f path) string {
	if !f.Set {
		return ""
	}
	if _, err := r.read(f.in(r.dir)); err != nil {
		r.Add(f.At, "want a file this program may read", "file %q %v", strict.Cut(f.V), err)
	}
	return f.in(r.dir)
}

// pair returns a certificate and its key, which come together or not at all.
func (r *resolver) pair(cert, key path) (string, string) {
	if cert.Set != key.Set {
		have, miss := cert, "key_file"
		if key.Set {
			have, miss = key, "cert_file"
		}
		r.Add(have.At, "want "+miss+" beside it", "a certificate and its key come together")
	}
	return r.file(cert), r.file(key)
}

const maxSecret = 4 << 10 // bytes

// secret reads a secret from where the file says. Nothing of it is ever part
// of a message.
func (r *resolver) secret(s strict.Secret, f path) string {
	switch {
	case s.Set && f.Set:
		r.Add(f.At, "keep one of them", "the secret comes from the environment and from a file")
	case s.Set:
		v, ok := "", false
		if r.env != nil {
			v, ok = r.env(s.Env)
		}
		switch {
		case !ok:
			r.Add(s.At, "set it before starting", "environment variable %s is not set", s.Env)
		case v == "":
			r.Add(s.At, "want a secret in it", "environment variable %s is empty", s.Env)
		}
		return v
	case f.Set:
		data, err := r.read(f.in(r.dir))
		if err != nil {
			r.Add(f.At, "want a file this program may read", "file %q %v", strict.Cut(f.V), err)
			return ""
		}
		v := strings.TrimRight(string(data), "\r\n")
		if v == "" || len(v) > maxSecret || strings.ContainsAny(v, "\r\n\x00") {
			r.Add(f.At, "want one line with the secret", "file %q does not hold a secret", strict.Cut(f.V))
			return ""
		}
		return v
	}
	return ""
}

func (r *resolver) resolveHistory() History {
	b := &r.in.History
	h := History{Store: b.Store.V}
	if h.Store != "influxdb" {
		h.Retention = b.Retention.V
		return h
	}
	if b.Retention.Set {
		r.Add(b.Retention.At, "leave it out: the bucket's own retention holds", "retention is for the embedded store")
	}
	if r.in.InfluxDB == nil {
		r.Add(b.Store.At, "want an influxdb: block, or store: embedded", "history is read from InfluxDB, but there is none")
	}
	return h
}

func (r *resolver) resolveInflux() *InfluxDB {
	b := r.in.InfluxDB
	if b == nil {
		return nil
	}
	out := &InfluxDB{
		Org: b.Org.L.Text, Bucket: b.Bucket.V, Token: r.secret(b.Token, b.TokenFile), CAFile: r.file(b.CAFile),
		Flush: b.Flush.V, MaxBatch: b.MaxBatch.V, Drain: b.Drain.V,
	}
	if u := b.URL.V; u != nil {
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			r.Add(b.URL.At, "want a URL such as http://127.0.0.1:8086", "%q is not the URL of an InfluxDB", strict.Cut(u.String()))
		}
		out.URL = strings.TrimSuffix(u.String(), "/")
	}
	return out
}
