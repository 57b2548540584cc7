"""Version of KEDA, and the Kubernetes versions that it supports. Pure, as the config checks against them."""

KEDA_VERSION = "2.21.0"
"""Version of the chart and of KEDA in it. Older ones have CVE-2026-77524, which is critical."""

KEDA_KUBERNETES_VERSIONS = ("1.34", "1.35", "1.36")
"""Kubernetes versions that this KEDA supports: https://keda.sh/docs/2.21/operate/cluster/#kubernetes-compatibility"""
