"""The group `standfirst measure`: what a study says, with honest intervals."""
