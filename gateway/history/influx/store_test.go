package influx

import (
	"testing"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history/historytest"
)

func TestContractOnRealInfluxDB(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	historytest.Run(t, func(t *testing.T, site *gateway.Site) historytest.Subject {
		c := config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen", Flush: 1}
		return historytest.Subject{
			History:  NewStore(StoreOptions{Config: c, Site: site}),
			Consumer: NewSink(Options{Config: c, Ledger: &historytest.Ledger{}}),
		}
	})
}
