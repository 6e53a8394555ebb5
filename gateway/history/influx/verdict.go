package influx

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
)

// verdict is what a failed write asks for.
type verdict uint8

const (
	retry  verdict = iota // the server or the way there has trouble: again, soon
	fix                   // somebody must change something: again, slowly
	split                 // too much at once
	bisect                // something in it is refused for good
)

// judge decides what to do about a failed write.
func judge(err *influxhttp.Error) verdict {
	switch code := err.StatusCode; {
	case code == 0, code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return retry
	case code == http.StatusRequestEntityTooLarge:
		return split
	case (code == http.StatusBadRequest || code == http.StatusUnprocessableEntity) && !isPage(err):
		return bisect
	default:
		return fix
	}
}

// isPage tells an answer for browsers, of something that is no InfluxDB.
func isPage(err *influxhttp.Error) bool {
	kind, _, _ := mime.ParseMediaType(err.Header.Get("Content-Type"))
	return kind == "text/html"
}

// explain says to a person what is wrong and what would help.
func explain(err *influxhttp.Error, url, bucket string) error {
	if err.StatusCode == 0 {
		cause := err.Err
		if cause == nil {
			cause = errors.New("no answer")
		}
		return fmt.Errorf("influxdb %s: %w", url, cause)
	}
	advice := ""
	switch err.StatusCode {
	case http.StatusUnauthorized:
		advice = "; check influxdb.token"
	case http.StatusForbidden:
		advice = fmt.Sprintf("; give the token the right to write to bucket %q", bucket)
	case http.StatusNotFound:
		advice = fmt.Sprintf("; create bucket %q or correct influxdb.bucket, influxdb.org or influxdb.url", bucket)
	default:
		if what := judge(err); what == bisect {
			advice = "; it refuses every line: check influxdb.org, influxdb.bucket and influxdb.url"
		} else if what == fix {
			advice = "; is influxdb.url an InfluxDB?"
		}
	}
	return fmt.Errorf("influxdb %s: status %d: %s%s", url, err.StatusCode, message(err), advice)
}

// maxMessage is the length in bytes that a server's reason is cut to.
const maxMessage = 512

// message is the server's own reason, on one line.
func message(err *influxhttp.Error) string {
	m := err.Message
	if m == "" {
		m = err.Header.Get("X-Influxdb-Error")
	}
	if m == "" && err.Err != nil {
		m = err.Err.Error()
	}
	if m == "" {
		m = http.StatusText(err.StatusCode)
	}
	return cut(strings.Join(strings.Fields(m), " "), maxMessage)
}

// cut shortens a text to at most n bytes without breaking a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// allDropped says that the server refused every one of n lines, so that
// nothing is left to search for.
func allDropped(err *influxhttp.Error, n int) bool {
	m := regexp.MustCompile(`partial write: .*\bdropped=(\d+)\s*$`).FindStringSubmatch(err.Message)
	if m == nil {
		return false
	}
	dropped, bad := strconv.Atoi(m[1])
	return bad == nil && n > 1 && dropped == n
}

// retryAfter is the pause that the server asks for, 0 without one.
func retryAfter(err *influxhttp.Error, now time.Time) time.Duration {
	const longest = 5 * time.Minute
	wait := time.Duration(min(err.RetryAfter, 3600)) * time.Second
	if at, bad := http.ParseTime(err.Header.Get("Retry-After")); bad == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longest)
}
