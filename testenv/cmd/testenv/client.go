package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// client speaks to one server as whoever the token of a call stands for.
type client struct {
	base string
	http http.Client
}

// newClient trusts this authority alone, which no other run shares: another
// server on our port is never taken for ours.
func newClient(base string, caPEM []byte) *client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(caPEM)
	return &client{base: base, http: http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}}
}

// do sends a request and gives back status and body; the status is 0 if no
// answer came.
func (c *client) do(ctx context.Context, token, method, path string, body any) (int, []byte) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return 0, []byte(err.Error())
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content))
	if err != nil {
		return 0, []byte(err.Error())
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return response.StatusCode, answer
}
