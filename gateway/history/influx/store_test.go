package influx

import (
	"testing"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history/historytest"
)

// TestContractOnRealInfluxDB runs both ways of aggregating: here, as for 1.8,
// and in the server, as for 2.
func TestContractOnRealInfluxDB(t *testing.T) {
	for name, version := range map[string]string{"samples": "1.8.10", "windows": "2.7.0"} {
		t.Run(name, func(t *testing.T) {
			influxd := historytest.StartInfluxd(t)
			historytest.Run(t, func(t *testing.T, site *gateway.Site) historytest.Subject {
				c := config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen", Flush: 1}
				store := NewStore(StoreOptions{Config: c, Site: site})
				store.version = version
				return historytest.Subject{History: store, Consumer: NewSink(Options{Config: c, Ledger: &historytest.Ledger{}})}
			})
		})
	}
}

func TestQuoteLeavesNothingToInterpret(t *testing.T) {
	if got, want := quote("a\"b\\${c}\n"), `"a\x22b\x5c\x24\x7bc\x7d\x0a"`; got != want {
		t.Errorf("quote = %s, want %s", got, want)
	}
}
