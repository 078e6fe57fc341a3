"""Payment providers behind one interface: `base.py` says what each must do, `registry.py` which one is asked."""
