package main

import (
	"encoding/json"
	"testing"

	"steward/gateway/history/historytest"
)

// influxRows runs InfluxQL and returns the first series' rows: the time in
// nanoseconds, then the columns.
func influxRows(t testing.TB, influxd *historytest.Influxd, query string) [][]json.Number {
	t.Helper()
	var answer struct {
		Results []struct {
			Error  string
			Series []struct{ Values [][]json.Number }
		}
	}
	text := influxd.Query(query)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v: %s", query, err, tail(text, 300))
	}
	if len(answer.Results) == 0 || answer.Results[0].Error != "" {
		t.Fatalf("%s: %s", query, text)
	}
	if len(answer.Results[0].Series) == 0 {
		return nil
	}
	return answer.Results[0].Series[0].Values
}

// influxCount returns the number that a count query gives, 0 where nothing is.
func influxCount(t testing.TB, influxd *historytest.Influxd, query string) int {
	t.Helper()
	rows := influxRows(t, influxd, query)
	if len(rows) == 0 {
		return 0
	}
	n, err := rows[0][1].Int64()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return int(n)
}

// influxTimes returns the times, in nanoseconds, of a query's rows.
func influxTimes(t testing.TB, influxd *historytest.Influxd, query string) map[int64]bool {
	t.Helper()
	times := map[int64]bool{}
	for _, row := range influxRows(t, influxd, query) {
		at, err := row[0].Int64()
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		times[at] = true
	}
	return times
}
