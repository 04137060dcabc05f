"""Which factor vectors to render: frozen records that work with every generator."""
