package sim

import (
	"encoding/json"
	"errors"
	"math"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	"steward/gateway"
	"steward/gateway/config"
)

// plant is a site with one bus: a meter as unit 1 and an input module with a
// lift on unit 2.
func plant(t *testing.T, transport config.Transport) (*Field, string) {
	s := newSite(t)
	addr := freeAddress(t)
	s.cfg.Buses = []config.Bus{{ID: "b", Transport: transport, Address: addr, Timeout: 200 * time.Millisecond}}
	one := config.Transform{Scale: 1}
	s.add("meter", "power_meter", "a").Modbus = &config.ModbusAsset{
		Bus: "b", Unit: 1, Limits: config.ReadLimits{
			MaxRegisters: 60, MaxGap: 2,
			Holes: []config.Span{{Table: config.InputRegisters, First: 13, Last: 13}},
			Watch: &config.Heartbeat{Table: config.InputRegisters, Address: 100, Words: 2, Polls: 3},
		},
		Points: []config.Register{
			{Point: "voltage_l1", Table: config.InputRegisters, Address: 0, Encoding: config.EncFloat32, Bit: -1, Transform: one},
			{Point: "power", Table: config.InputRegisters, Address: 4, Encoding: config.EncInt32, LowFirst: true, Bit: -1, Transform: config.Transform{Scale: 0.001}},
			{Point: "energy_import", Table: config.InputRegisters, Address: 8, Encoding: config.EncUint64, Bit: -1, Transform: config.Transform{Scale: 0.01}},
			{Point: "frequency", Table: config.InputRegisters, Address: 12, Encoding: config.EncUint16, Bit: -1, Transform: config.Transform{Scale: 0.01}},
		},
	}
	s.add("inputs", "io_module", "a").Modbus = &config.ModbusAsset{
		Bus: "b", Unit: 2, Points: []config.Register{
			{Point: "di1", Table: config.DiscreteInputs, Address: 0, Encoding: config.EncBool, Bit: -1, Transform: one},
			{Point: "di2", Table: config.DiscreteInputs, Address: 1, Encoding: config.EncBool, Bit: -1, Transform: config.Transform{Scale: 1, Invert: true}},
			{Point: "do1", Table: config.Coils, Address: 7, Encoding: config.EncBool, Bit: -1, Transform: one},
		},
	}
	s.add("lift", "elevator", "a").Modbus = &config.ModbusAsset{
		Bus: "b", Unit: 2, Points: []config.Register{
			{Point: "door_state", Table: config.HoldingRegisters, Address: 40, Encoding: config.EncUint16, Bit: 8, Bits: 4, Transform: one},
			{Point: "overload", Table: config.HoldingRegisters, Address: 40, Encoding: config.EncBool, Bit: 13, Bits: 1, Transform: one},
		},
	}
	f := s.field(Options{Seed: 1})
	hold(t, f, "meter", "voltage_l1", 231.5)
	hold(t, f, "meter", "power", -12.345)
	hold(t, f, "meter", "energy_import", 70000.25)
	hold(t, f, "meter", "frequency", 49.98)
	hold(t, f, "inputs", "di1", 1)
	hold(t, f, "inputs", "di2", 1)
	hold(t, f, "inputs", "do1", 1)
	hold(t, f, "lift", "door_state", 3)
	hold(t, f, "lift", "overload", 1)
	run(t, f)
	return f, addr
}

func hold(t *testing.T, f *Field, asset gateway.AssetID, point string, v float64) {
	t.Helper()
	if err := f.SetPoint(asset, point, v); err != nil {
		t.Fatal(err)
	}
}

func TestSetPointNamesWhatIsMissing(t *testing.T) {
	f, _ := plant(t, config.ModbusTCP)
	if err := f.SetPoint("meter", "colour", 1); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("unknown point: %v", err)
	}
	if err := f.SetPoint("nobody", "power", 1); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("unknown asset: %v", err)
	}
	if err := f.Release("meter", "power"); err != nil {
		t.Fatal(err)
	}
	if v, _ := f.Value("meter", "power"); v == -12.345 {
		t.Error("a released point is still held")
	}
}

func client(t *testing.T, url string) *modbus.ModbusClient {
	t.Helper()
	c, err := modbus.NewClient(&modbus.ClientConfiguration{URL: url, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestModbusClientReadsTheField(t *testing.T) {
	for _, c := range []struct {
		transport config.Transport
		scheme    string
	}{{config.ModbusTCP, "tcp"}, {config.ModbusRTUOver, "rtuovertcp"}} {
		t.Run(c.scheme, func(t *testing.T) {
			_, addr := plant(t, c.transport)
			m := client(t, c.scheme+"://"+addr)
			readPlant(t, m)
		})
	}
}

func readPlant(t *testing.T, m *modbus.ModbusClient) {
	t.Helper()
	_ = m.SetUnitId(1)
	if v, err := m.ReadFloat32(0, modbus.INPUT_REGISTER); err != nil || v != 231.5 {
		t.Errorf("voltage: %v, %v", v, err)
	}
	if v, err := m.ReadUint64(8, modbus.INPUT_REGISTER); err != nil || v != 7000025 {
		t.Errorf("energy: %v, %v", v, err)
	}
	_ = m.SetEncoding(modbus.BIG_ENDIAN, modbus.LOW_WORD_FIRST)
	if v, err := m.ReadUint32(4, modbus.INPUT_REGISTER); err != nil || int32(v) != -12345 {
		t.Errorf("power: %v, %v", int32(v), err)
	}
	// Registers 2, 3, 6 and 7 are unused, but a block may span them.
	if v, err := m.ReadRegisters(0, 13, modbus.INPUT_REGISTER); err != nil || v[2] != 0 || v[12] != 4998 {
		t.Errorf("across a gap: %v, %v", v, err)
	}
	for what, q := range map[string][2]uint16{"a hole": {12, 2}, "beyond the map": {50, 1}} {
		if _, err := m.ReadRegisters(q[0], q[1], modbus.INPUT_REGISTER); !errors.Is(err, modbus.ErrIllegalDataAddress) {
			t.Errorf("%s: %v, want exception 02", what, err)
		}
	}
	if _, err := m.ReadRegisters(0, 2, modbus.HOLDING_REGISTER); !errors.Is(err, modbus.ErrIllegalDataAddress) {
		t.Errorf("another table: %v, want exception 02", err)
	}
	_ = m.SetUnitId(2)
	if v, err := m.ReadDiscreteInputs(0, 2); err != nil || !v[0] || v[1] {
		t.Errorf("inputs (second inverted): %v, %v", v, err)
	}
	if v, err := m.ReadCoil(7); err != nil || !v {
		t.Errorf("coil: %v, %v", v, err)
	}
	if v, err := m.ReadRegister(40, modbus.HOLDING_REGISTER); err != nil || v != 3<<8|1<<13 {
		t.Errorf("bit fields: %04X, %v", v, err)
	}
	if _, err := m.ReadDiscreteInputs(0, 3); !errors.Is(err, modbus.ErrIllegalDataAddress) {
		t.Errorf("an input too many: %v, want exception 02", err)
	}
}

func TestUnknownUnitAndWrites(t *testing.T) {
	_, addr := plant(t, config.ModbusTCP)
	m := client(t, "tcp://"+addr)
	_ = m.SetUnitId(77)
	if _, err := m.ReadRegister(0, modbus.INPUT_REGISTER); !errors.Is(err, modbus.ErrGWTargetFailedToRespond) {
		t.Errorf("unknown unit: %v, want exception 0B", err)
	}
	_ = m.SetUnitId(2)
	if err := m.WriteCoil(7, false); !errors.Is(err, modbus.ErrIllegalFunction) {
		t.Errorf("write: %v, want exception 01", err)
	}
	if err := m.WriteRegister(40, 1); !errors.Is(err, modbus.ErrIllegalFunction) {
		t.Errorf("write: %v, want exception 01", err)
	}
}

func TestModbusFaults(t *testing.T) {
	f, addr := plant(t, config.ModbusTCP)
	m := client(t, "tcp://"+addr)
	_ = m.SetUnitId(1)
	inject := func(fault Fault) {
		t.Helper()
		if err := f.Inject("meter", fault); err != nil {
			t.Fatal(err)
		}
	}
	inject(Fault{Kind: FaultRefuse, Point: "power"})
	if _, err := m.ReadRegisters(0, 6, modbus.INPUT_REGISTER); !errors.Is(err, modbus.ErrIllegalDataAddress) {
		t.Errorf("refused register in a block: %v, want exception 02", err)
	}
	if _, err := m.ReadRegisters(0, 2, modbus.INPUT_REGISTER); err != nil {
		t.Errorf("its neighbour: %v", err)
	}
	inject(Fault{Kind: FaultRefuse, Point: "power", Off: true})

	inject(Fault{Kind: FaultFreeze})
	hold(t, f, "meter", "voltage_l1", 250)
	if v, err := m.ReadFloat32(0, modbus.INPUT_REGISTER); err != nil || v != 231.5 {
		t.Errorf("frozen: %v, %v, want what it had", v, err)
	}
	inject(Fault{Kind: FaultFreeze, Off: true})
	hold(t, f, "meter", "voltage_l1", 251)
	if v, err := m.ReadFloat32(0, modbus.INPUT_REGISTER); err != nil || v != 251 {
		t.Errorf("thawed: %v, %v", v, err)
	}

	inject(Fault{Kind: FaultSlow, Delay: 150 * time.Millisecond})
	began := time.Now()
	if _, err := m.ReadRegister(12, modbus.INPUT_REGISTER); err != nil || time.Since(began) < 150*time.Millisecond {
		t.Errorf("slow: answered after %v, %v", time.Since(began), err)
	}
	inject(Fault{Kind: FaultSlow, Off: true})

	inject(Fault{Kind: FaultSilent})
	if _, err := m.ReadRegister(12, modbus.INPUT_REGISTER); err == nil {
		t.Error("a silent unit answered")
	}
	other := client(t, "tcp://"+addr)
	_ = other.SetUnitId(2)
	if _, err := other.ReadCoil(7); err != nil {
		t.Errorf("its neighbour on the bus: %v", err)
	}
	inject(Fault{Kind: FaultSilent, Off: true})
	_ = other.SetUnitId(1)
	if _, err := other.ReadRegister(12, modbus.INPUT_REGISTER); err != nil {
		t.Errorf("answering again: %v", err)
	}
	if err := f.Inject("lift", Fault{Kind: FaultLeak}); err == nil {
		t.Error("a lift went wet")
	}
	if err := f.Inject("nobody", Fault{Kind: FaultSilent}); err == nil {
		t.Error("an asset that is not there took a fault")
	}
}

func TestLifeSignBeatsAndFreezes(t *testing.T) {
	f, _ := plant(t, config.ModbusTCP)
	beats := func() uint16 {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.byID["meter"].unit.image.words[place{config.InputRegisters, 101}]
	}
	from := beats()
	eventually(t, "the life sign moves", func() bool { return beats() != from })
	if err := f.Inject("meter", Fault{Kind: FaultFreeze}); err != nil {
		t.Fatal(err)
	}
	from = beats()
	now := time.Now()
	for i := range 20 {
		f.Step(now.Add(time.Duration(i) * time.Second))
	}
	if beats() != from {
		t.Error("a frozen gateway's life sign moved")
	}
}

// script is an independent master: it reads the plant with pymodbus.
const script = `
import json, sys
from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadDecoder as D
c = ModbusTcpClient(sys.argv[1], port=int(sys.argv[2]))
assert c.connect()
r = c.read_input_registers(0, 13, slave=1).registers
print(json.dumps({
    "voltage": D.fromRegisters(r[0:2], byteorder=Endian.Big, wordorder=Endian.Big).decode_32bit_float(),
    "power": D.fromRegisters(r[4:6], byteorder=Endian.Big, wordorder=Endian.Little).decode_32bit_int(),
    "energy": D.fromRegisters(r[8:12], byteorder=Endian.Big, wordorder=Endian.Big).decode_64bit_uint(),
    "frequency": r[12],
    "inputs": c.read_discrete_inputs(0, 2, slave=2).bits[:2],
    "coil": c.read_coils(7, 1, slave=2).bits[0],
    "state": c.read_holding_registers(40, 1, slave=2).registers[0],
    "hole": c.read_input_registers(12, 2, slave=1).exception_code,
    "stranger": c.read_input_registers(0, 2, slave=9).exception_code,
}))
`

func TestPymodbusReadsTheField(t *testing.T) {
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import pymodbus").Run(); err != nil {
		t.Fatal("python3 with pymodbus is missing: run `make tools`")
	}
	_, addr := plant(t, config.ModbusTCP)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", script, host, port).Output()
	if err != nil {
		t.Fatalf("pymodbus: %v\n%s", err, stderr(err))
	}
	var got struct {
		Voltage                  float64
		Power, Energy, Frequency int64
		Inputs                   []bool
		Coil                     bool
		State, Hole, Stranger    int
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if math.Abs(got.Voltage-231.5) > 1e-3 || got.Power != -12345 || got.Energy != 7000025 || got.Frequency != 4998 {
		t.Errorf("meter: %s", out)
	}
	if len(got.Inputs) != 2 || !got.Inputs[0] || got.Inputs[1] || !got.Coil || got.State != 3<<8|1<<13 {
		t.Errorf("inputs and lift: %s", out)
	}
	if got.Hole != 2 || got.Stranger != 11 {
		t.Errorf("exceptions: %s", out)
	}
}

func stderr(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

func TestNothingBeyondThisMachine(t *testing.T) {
	for url, want := range map[string]string{
		"10.0.0.5:502":      "not on this machine",
		"0.0.0.0:502":       "not on this machine",
		"plc.example.com:1": "not on this machine",
		"nonsense":          "missing port",
	} {
		s := newSite(t)
		s.cfg.Buses = []config.Bus{{ID: "b", Transport: config.ModbusTCP, Address: url}}
		if _, err := New(s.cfg, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bus b") {
			t.Errorf("bus at %s: %v, want an error with %q", url, err, want)
		}
	}
	for _, url := range []string{"tcp://10.0.0.2:1883", "ssl://127.0.0.1:8883"} {
		s := newSite(t)
		s.cfg.Brokers = []config.Broker{{ID: "m", URL: url}}
		if _, err := New(s.cfg, Options{}); err == nil || !strings.Contains(err.Error(), "broker m") {
			t.Errorf("broker at %s: %v, want an error", url, err)
		}
	}
}

func TestTakenAddressIsSaid(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for _, tr := range []config.Transport{config.ModbusTCP, config.ModbusRTUOver} {
		s := newSite(t)
		s.cfg.Buses = []config.Bus{{ID: "b", Transport: tr, Address: ln.Addr().String()}}
		if err := s.field(Options{}).Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "bus b") {
			t.Errorf("%s: %v, want an error that names the bus", tr, err)
		}
	}
}
