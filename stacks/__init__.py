"""The CDKTF stacks: one typed config becomes the whole AWS setup."""

from stacks.engine.loading import install_lazy_loading

# Before any module of ours imports a provider, wherever the import comes from: it would cost 20 s otherwise.
install_lazy_loading()
