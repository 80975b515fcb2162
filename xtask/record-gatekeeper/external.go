package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"time"

	eduv "github.com/open-policy-agent/frameworks/constraint/pkg/apis/externaldata/unversioned"
	"github.com/open-policy-agent/frameworks/constraint/pkg/externaldata"
	"github.com/open-policy-agent/gatekeeper/v3/pkg/mutation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

var watcher, bundle = certificates()

// A certificate that is never used: the mutation system wants one before it asks.
func certificates() (*certwatcher.CertWatcher, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	must(err)
	kd, err := x509.MarshalECPrivateKey(key)
	must(err)
	dir, err := os.MkdirTemp("", "rec")
	must(err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	must(os.WriteFile(filepath.Join(dir, "c"), cert, 0o600))
	must(os.WriteFile(filepath.Join(dir, "k"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: kd}), 0o600))
	w, err := certwatcher.New(filepath.Join(dir, "c"), filepath.Join(dir, "k"))
	must(err)
	must(os.RemoveAll(dir))
	return w, base64.StdEncoding.EncodeToString(cert)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func opts(c *Case) mutation.SystemOpts {
	cache := externaldata.NewCache()
	for name := range c.Providers {
		must(cache.Upsert(&eduv.Provider{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       eduv.ProviderSpec{URL: "https://localhost/x", Timeout: 1, CABundle: bundle},
		}))
	}
	send := func(_ context.Context, p *eduv.Provider, keys []string, _ *tls.Certificate) (*externaldata.ProviderResponse, int, error) {
		of := c.Providers[p.Name].(object)
		if e, ok := of["error"].(string); ok {
			return nil, http.StatusInternalServerError, errors.New(e)
		}
		r := &externaldata.ProviderResponse{}
		r.Response.Idempotent = of["notIdempotent"] == nil
		r.Response.SystemError, _ = of["systemError"].(string)
		items, _ := of["items"].(object)
		for _, k := range keys {
			item, ok := items[k].(object)
			if !ok {
				continue
			}
			e, _ := item["error"].(string)
			r.Response.Items = append(r.Response.Items, externaldata.Item{Key: k, Value: item["value"], Error: e})
		}
		return r, http.StatusOK, nil
	}
	return mutation.SystemOpts{ProviderCache: cache, SendRequestToExternalDataProvider: send, ClientCertWatcher: watcher}
}
