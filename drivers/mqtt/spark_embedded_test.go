package mqtt

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway/config"
)

// TestSparkplugEmbedded: the embedded broker carries Sparkplug as well, and
// keeps our state.
func TestSparkplugEmbedded(t *testing.T) {
	c := sparkSite("")
	b := &c.Brokers[0]
	b.URL, b.Embedded, b.Listen = "", true, "127.0.0.1:0"
	b.Users = []config.BrokerUser{{Name: "edge", Password: "p", Publish: []string{"spBv1.0/#"}, Subscribe: []string{"spBv1.0/#"}}}
	d := newDisk()
	r := runSpark(t, c, d.emit)
	host, port, err := net.SplitHostPort(r.addr())
	if err != nil {
		t.Fatal(err)
	}
	user := []string{"-h", host, "-p", port, "-u", "edge", "-P", "p"}
	eventually(t, "our state is kept", func() bool {
		out, _ := exec.Command(mqtttest.Tool(t, "mosquitto_sub"), append(user, "-t", "spBv1.0/STATE/host1", "-C", "1", "-W", "1")...).Output()
		return strings.HasPrefix(string(out), `{"online":true`)
	})
	for _, m := range [][2]string{{"NBIRTH/edge1", "nbirth"}, {"DBIRTH/edge1/pump1", "dbirth"}, {"DDATA/edge1/pump1", "ddata"}} {
		file := filepath.Join("sparkplug", "testdata", fmt.Sprintf("sparkplug-%s.bin", m[1]))
		args := append(slices.Clone(user), "-t", "spBv1.0/RES01/"+m[0], "-f", file)
		if out, err := exec.Command(mqtttest.Tool(t, "mosquitto_pub"), args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	eventually(t, "the values are there", func() bool { return slices.Contains(d.texts(), "pump discharge_pressure=0.398 good") })
}
