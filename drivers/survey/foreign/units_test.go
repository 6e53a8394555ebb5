package foreign

import (
	"fmt"
	"strings"
	"testing"
)

// one imports a meter of one register and a voltage beside it.
func one(t *testing.T, name string) (point string, said []string) {
	t.Helper()
	r, err := Telegraf("t.conf", fmt.Appendf(nil, `
[[inputs.modbus]]
name = "m"
slave_id = 1
controller = "tcp://10.0.0.5:502"
holding_registers = [
  {name = "voltage_l1", data_type = "UINT16", byte_order = "AB", scale = 1.0, address = [9]},
  {name = %q, data_type = "UINT32", byte_order = "ABCD", scale = 0.01, address = [0, 1]},
]`, name), options(t))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for line := range strings.Lines(string(r.YAML)) {
		if strings.Contains(line, "address: 0,") {
			point = strings.TrimSpace(line)
		}
	}
	for _, n := range r.Left {
		said = append(said, n.Text)
	}
	return point, said
}

// A unit in a name is read as a whole, however it is spelled: kWh is not Wh.
func TestUnitInName(t *testing.T) {
	for _, c := range []struct{ names, point, scale, unit string }{
		{"Total_kWh kWh_total TotalKWh", "energy_total", "0.01", "kWh"},
		{"Energy_kWh E_import_kWh energy_import_kwh energyKWh energykWh kWh KWH energy-kWh", "energy_import", "0.01", "kWh"},
		{"Energy_MWh energy_mwh", "energy_import", "10", "kWh"},
		{"Energy_Wh energy_wh energyWh", "energy_import", "1e-05", "kWh"},
		{"Power_kW power_kw powerKW kW", "power", "0.01", "kW"}, {"Power_MW powerMW", "power", "10", "kW"},
		{"Power_W power_w powerW", "power", "1e-05", "kW"}, {"P_kW_L2", "power_l2", "0.01", "kW"},
		{"Apparent_kVA apparent_kva S_kVA", "apparent_power", "0.01", "kVA"}, {"Apparent_VA", "apparent_power", "1e-05", "kVA"},
		{"Reactive_kvar Q_kvar", "reactive_power", "0.01", "kvar"}, {"Q_var", "reactive_power", "1e-05", "kvar"},
		{"Reactive_kvarh Q_import_kvarh reactive_kVArh", "reactive_energy_import", "0.01", "kvarh"}, {"Reactive_varh", "reactive_energy_import", "1e-05", "kvarh"},
		{"Reactive_export_kvarh", "reactive_energy_export", "0.01", "kvarh"}, {"Apparent_kVAh", "apparent_energy", "0.01", "kVAh"},
		{"Voltage_L2_kV", "voltage_l2", "10", "V"}, {"Voltage_L2_mV", "voltage_l2", "1e-05", "V"}, {"Voltage_L2_V", "voltage_l2", "0.01", "V"},
		{"Current_L1_mA", "current_l1", "1e-05", "A"}, {"Current_L1_A", "current_l1", "0.01", "A"}, {"Frequency_Hz f_Hz", "frequency", "0.01", "Hz"},
	} {
		for name := range strings.FieldsSeq(c.names) {
			got, said := one(t, name)
			want := fmt.Sprintf("{point: %s, table: holding, address: 0, type: uint32, scale: %s, unit: %q}", c.point, c.scale, c.unit)
			if !strings.HasSuffix(got, want) {
				t.Errorf("%s is %s, want %s; said %q", name, got, want, said)
			}
			told := strings.Contains(strings.Join(said, "\n"), name+": its unit ")
			if told != (c.scale != "0.01") {
				t.Errorf("%s, scale %s: said %q", name, c.scale, said)
			}
		}
	}
	for name, want := range map[string]string{
		"Pressure_MPa": "MPa", "pressure_kPa": "kPa", "Supply pressure bar": "bar", "Temp_degC": "°C", "temp_°C": "°C", "AlarmA": "", "powerW": "W", "current_a": "",
		"bar_code_nr": "", "power_mw": "", "w": "", "Var_2": "",
	} {
		s := signal{name: name}
		(&device{}).add(&s)
		if s.unit != want {
			t.Errorf("%s is in %q, want %q", name, s.unit, want)
		}
	}
	_, said := one(t, "Energy_MWh")
	if want := "Energy_MWh: its unit MWh is taken from its name: times 1000 for kWh"; !strings.Contains(strings.Join(said, "\n"), want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

// Guesses of a kind are told; what nothing is left of is not written.
func TestGuessedKindIsTold(t *testing.T) {
	r, err := Telegraf("t.conf", []byte(`
[[inputs.modbus]]
slave_id = 1
controller = "tcp://10.0.0.5:502"
holding_registers = [{name = "s", data_type = "STRING", address = [1, 2]}]
[[inputs.mqtt_consumer]]
servers = ["tcp://10.0.0.2:1883"]
topics = ["room/temperature", "room/humidity"]
data_format = "value"
[[inputs.mqtt_consumer]]
servers = ["tcp://10.0.0.3:1883"]
topics = ["room/+/temperature"]
`), options(t))
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(r.Left)
	for _, want := range []string{"{8 room-temperature: taken as climate because of temperature}", "{8 room-humidity: taken as climate because of humidity}",
		"{2 bus tcp://10.0.0.5:502: left out: nothing on it could be carried over}", "{10 broker tcp://10.0.0.3:1883: left out: nothing from it could be carried over}"} {
		if !strings.Contains(said, want) {
			t.Errorf("said %s, want %s", said, want)
		}
	}
	if y := string(r.YAML); strings.Contains(y, "modbus:") || strings.Contains(y, "10.0.0.3") || strings.Count(y, "kind: climate") != 2 {
		t.Errorf("wrote\n%s", y)
	}
}
