package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// user is somebody with a bearer token.
type user struct {
	context string // in the kubeconfig
	name    string
	groups  []string
	role    string // the ClusterRole that up binds to the user, if any
	token   string
}

// newUsers are the users of one run, each with a fresh token. admin comes first;
// the last two, this launcher and the controller manager, are not for the tests.
func newUsers() []user {
	users := []user{
		{context: "admin", name: "admin", groups: []string{"system:masters"}},
		{context: "dev", name: "dev", groups: []string{"developers"}, role: "edit"},
		{context: "viewer", name: "viewer", groups: []string{"viewers"}, role: "view"},
		{context: "deployer", name: "system:serviceaccount:default:deployer",
			groups: []string{"system:serviceaccounts", "system:serviceaccounts:default"}, role: "edit"},
		{context: "outsider", name: "outsider", groups: []string{"outsiders"}},
		{context: "testenv", name: "testenv", groups: []string{"system:masters"}},
		{context: "controller-manager", name: "system:kube-controller-manager"},
	}
	for i := range users {
		users[i].token = rand.Text()
	}
	return users
}

// tokenFile is what kube-apiserver's --token-auth-file reads.
func tokenFile(users []user) string {
	var b strings.Builder
	for _, u := range users {
		fmt.Fprintf(&b, "%s,%s,%s,%q\n", u.token, u.name, u.name, strings.Join(u.groups, ","))
	}
	return b.String()
}

// kubeconfig has a context for each of the users; the first is the current one.
func kubeconfig(server string, caPEM []byte, users []user) string {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: v1
kind: Config
clusters:
- name: testenv
  cluster:
    server: %s
    certificate-authority-data: %s
users:
`, server, base64.StdEncoding.EncodeToString(caPEM))
	for _, u := range users {
		fmt.Fprintf(&b, "- name: %s\n  user:\n    token: %s\n", u.context, u.token)
	}
	b.WriteString("contexts:\n")
	for _, u := range users {
		fmt.Fprintf(&b, "- name: %s\n  context:\n    cluster: testenv\n    user: %s\n", u.context, u.context)
	}
	fmt.Fprintf(&b, "current-context: %s\n", users[0].context)
	return b.String()
}

// roleBinding grants a user the ClusterRole in the whole cluster.
func roleBinding(u user) any {
	return map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind":       "ClusterRoleBinding",
		"metadata":   map[string]any{"name": "testenv-" + u.context},
		"subjects":   []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": u.name}},
		"roleRef":    map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": u.role},
	}
}
