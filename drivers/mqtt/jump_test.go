package mqtt

import (
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// A sensor that once sends nonsense within its range: that value is bad; what
// it still held from before, and the next good one, are not judged by it.
func TestImpossibleJump(t *testing.T) {
	c := testSite(map[gateway.AssetID][]config.Topic{"leak": {z2mLeak("z/leak")}})
	points := c.Site.Assets[0].Points
	for i := range points {
		if points[i].Name == "temperature" {
			points[i].MaxStep = 5
		}
	}
	d := newDecoder(t, c)
	at := time.Unix(1_800_000_000, 0)
	for i, x := range []struct {
		payload  string
		retained bool
		want     gateway.Quality
	}{
		{`{"device_temperature":21}`, false, gateway.QualityGood},
		{`{"device_temperature":85}`, true, gateway.QualityUncertain}, // old: it is no jump, and starts none
		{`{"device_temperature":85}`, false, gateway.QualityBad},
		{`{"device_temperature":21.5}`, false, gateway.QualityGood},
	} {
		at = at.Add(time.Second)
		d.reset()
		if v, err := d.message(&message{topic: "z/leak", payload: x.payload, size: len(x.payload), retained: x.retained, received: at}); v != used {
			t.Fatalf("message %d: %v, %v", i, v, err)
		}
		if v := d.collected()[0].Values[0]; v.Quality != x.want || (x.want == gateway.QualityBad && v.Reason != "impossible jump: more than 5 in a second") {
			t.Errorf("message %d gives %+v, want it %s", i, v, x.want)
		}
	}
}
