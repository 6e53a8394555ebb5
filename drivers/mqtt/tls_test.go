package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/drivers/mqtt/mqtttest"
)

// authority makes certificates in a folder.
type authority struct {
	t   *testing.T
	dir string
	crt *x509.Certificate
	key *ecdsa.PrivateKey
	n   int64
}

// issue writes name.crt and name.key; the first one is the authority's own.
func (a *authority) issue(name string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	crt := &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: a.crt == nil,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := a.crt, a.key
	if parent == nil {
		parent, signer = crt, key
		a.crt, a.key = crt, key
	}
	der, err := x509.CreateCertificate(rand.Reader, crt, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for ext, b := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(a.file(name+ext), pem.EncodeToMemory(b), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func TestTLSWithClientCertificateAndPassword(t *testing.T) {
	a := &authority{t: t, dir: t.TempDir()}
	for _, name := range []string{"ca", "broker", "gateway"} {
		a.issue(name)
	}
	other := &authority{t: t, dir: t.TempDir()}
	other.issue("ca")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	m := mqtttest.Start(t, fmt.Sprintf("listener %s 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\n",
		port, a.file("ca.crt"), a.file("broker.crt"), a.file("broker.key")))
	site := temperatures()
	b := &site.Brokers[0]
	b.URL, b.Username, b.Password = "ssl://127.0.0.1:"+port, "u", "p"
	b.CAFile, b.CertFile, b.KeyFile = a.file("ca.crt"), a.file("gateway.crt"), a.file("gateway.key")
	d := newDisk()
	run(t, site, t.TempDir(), d.emit).up()
	publish(t, m.Addr, "t/1", `{"v":1}`)
	eventually(t, "the message", func() bool { return d.count() == 1 })

	b.ClientID, b.CAFile = "second", other.file("ca.crt")
	if err := run(t, site, t.TempDir(), d.emit).broken(); !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("a foreign broker was trusted: %v", err)
	}
	b.CAFile = a.file("none.crt")
	if err := run(t, site, t.TempDir(), d.emit).broken(); !strings.Contains(err.Error(), "CA file") {
		t.Errorf("error %v", err)
	}
}
