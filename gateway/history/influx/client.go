package influx

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"steward/gateway/config"
)

// newClient makes the client for one server. It reads the CA file and does no
// other I/O.
func newClient(c config.InfluxDB, timeout time.Duration) (influxdb2.Client, *http.Client, error) {
	tlsConfig, err := tlsOf(c.CAFile)
	if err != nil {
		return nil, nil, err
	}
	client := &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSClientConfig:       tlsConfig,
			TLSHandshakeTimeout:   5 * time.Second,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       90 * time.Second,
			WriteBufferSize:       64 << 10,
			DisableCompression:    true,
			ForceAttemptHTTP2:     false,
			ExpectContinueTimeout: time.Second,
		},
	}
	// The client's own logger is one for the whole process and writes what we
	// return as errors: 0 leaves it errors only.
	opt := influxdb2.DefaultOptions().SetHTTPClient(client).SetLogLevel(0).
		SetApplicationName("steward").SetPrecision(time.Nanosecond).SetUseGZip(false)
	return influxdb2.NewClientWithOptions(c.URL, c.Token, opt), client, nil
}

func tlsOf(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("influxdb: CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("influxdb: CA file %s holds no certificate", caFile)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
