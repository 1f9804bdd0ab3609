"""What SQL cannot say of identity: how right it is."""
